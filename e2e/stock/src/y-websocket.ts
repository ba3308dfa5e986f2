import { createServer } from 'node:http';
import { setupWSConnection } from '@y/websocket-server/utils';
import { WebSocketServer } from 'ws';
import { servePage } from './pages.ts';

/** The y-websocket server as its own start script wires it: everything in memory. */

const server = createServer((incoming, outgoing) => void servePage(incoming, outgoing));
const sockets = new WebSocketServer({ noServer: true });
server.on('upgrade', (request, transport, head) => {
  sockets.handleUpgrade(request, transport, head, (socket) => setupWSConnection(socket, request));
});
server.listen(Number(process.env['PORT']), '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  console.log(`Stock y-websocket is at http://127.0.0.1:${port} `);
});
