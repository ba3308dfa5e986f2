import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where a development server of Weft listens: `npm run dev` starts one. */
const server = `http://127.0.0.1:${process.env['PORT'] ?? 4400}`;

export default defineConfig(({ command }) => {
  // A build started by a test would inherit its NODE_ENV, and ship the slow React that is meant for development.
  if (command === 'build') process.env['NODE_ENV'] = 'production';
  return {
    base: '/',
    plugins: [react()],
    // Two copies of Yjs in one page break `instanceof`, two of React break hooks.
    resolve: { dedupe: ['yjs', 'y-protocols', 'lib0', 'react', 'react-dom'] },
    build: {
      outDir: 'dist',
      emptyOutDir: true,
      sourcemap: true,
      // One file: everything is needed for the first page. Kilobytes before compression.
      chunkSizeWarningLimit: 1100,
      // The first versions that know `light-dark()`, which carries both themes in one set of tokens.
      target: ['chrome123', 'edge123', 'firefox121', 'safari17.5'],
    },
    server: {
      host: '127.0.0.1',
      proxy: {
        '/sync': { target: server, ws: true },
        '/auth': server,
        '/healthz': server,
      },
    },
  };
});
