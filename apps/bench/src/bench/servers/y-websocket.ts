import { createServer } from 'node:http';
import { setupWSConnection } from '@y/websocket-server/utils';
import { WebSocketServer } from 'ws';
import { host } from './host.ts';
import { listen } from './listen.ts';

/** The published y-websocket server as its own start script wires it: everything in memory, nothing stored. */
host(async () => {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, transport, head) => {
    sockets.handleUpgrade(request, transport, head, (socket) => setupWSConnection(socket, request));
  });
  const port = await listen(server);
  return {
    port,
    close: async () => {
      server.closeAllConnections();
    },
  };
});
