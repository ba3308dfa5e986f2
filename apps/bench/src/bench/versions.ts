import type { Kind } from './kinds.ts';

/** What is measured, as package.json pins it; a test holds the two together. */
export const VERSIONS: Readonly<Record<Kind, string>> = {
  weft: 'this repository, SQLite (WAL, synchronous=FULL)',
  hocuspocus: '@hocuspocus/server 4.7.0, @hocuspocus/extension-database 4.7.0 on node:sqlite',
  'y-websocket': '@y/websocket-server 0.1.5',
  relay: 'ws 8.23.0',
};
