import { createServer } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { host } from './host.ts';
import { listen } from './listen.ts';

/** The least that can be done: each frame goes to everybody else in the room. It reads, merges and keeps nothing. */
host(async () => {
  const rooms = new Map<string, Set<WebSocket>>();
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  sockets.on('connection', (socket, { url = '/' }) => {
    const room = rooms.get(url) ?? new Set();
    rooms.set(url, room);
    room.add(socket);
    socket.on('message', (frame) => {
      for (const other of room) if (other !== socket) other.send(frame);
    });
    socket.on('close', () => room.delete(socket));
    socket.on('error', () => socket.terminate());
  });
  const port = await listen(server);
  return {
    port,
    close: async () => {
      server.closeAllConnections();
    },
  };
});
