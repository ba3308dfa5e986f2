import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { type PluginOption, defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

/** Where a development server of Weft listens: `npm run dev` starts one. */
const server = `http://127.0.0.1:${process.env['PORT'] ?? 4400}`;

/**
 * The service worker with the list of this build's files, and the manifest with which the app can be installed.
 * Every file is named with its integrity, so that a device keeps files of one build only (service-worker/shell.ts).
 */
function offlineStart(): PluginOption[] {
  let outDir = 'dist';
  const integrityOf = async (url: string): Promise<string> => {
    const content = await readFile(join(outDir, url));
    return `sha384-${createHash('sha384').update(content).digest('base64')}`;
  };
  return [
    {
      name: 'weft:out-dir',
      configResolved({ root, build }) {
        outDir = resolve(root, build.outDir);
      },
    },
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'service-worker',
      filename: 'sw.ts',
      // The app registers it itself, and asks before it takes a new build (src/update).
      injectRegister: false,
      injectManifest: {
        globPatterns: ['**/*.{html,js,css,svg,png}'],
        dontCacheBustURLsMatching: /^assets\//,
        maximumFileSizeToCacheInBytes: 8 * 1024 * 1024,
        manifestTransforms: [
          async (entries) => ({
            manifest: await Promise.all(
              entries.map(async ({ url, revision, size }) => ({
                url,
                revision,
                size,
                integrity: await integrityOf(url),
              })),
            ),
          }),
        ],
      },
      // One list entry each: the icons are files like all others.
      includeManifestIcons: false,
      manifest: {
        id: '/',
        name: 'Weft',
        short_name: 'Weft',
        description: 'Documents and conversations side by side, on this device first.',
        start_url: '/',
        scope: '/',
        display: 'standalone',
        background_color: '#ffffff',
        theme_color: '#2f5bc4',
        icons: [
          { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' },
          { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
          {
            src: '/icon-maskable-512.png',
            sizes: '512x512',
            type: 'image/png',
            purpose: 'maskable',
          },
        ],
      },
    }),
  ];
}

export default defineConfig(({ command }) => {
  // A build started by a test would inherit its NODE_ENV, and ship the slow React that is meant for development.
  if (command === 'build') process.env['NODE_ENV'] = 'production';
  return {
    base: '/',
    plugins: [react(), offlineStart()],
    // Two copies of Yjs in one page break `instanceof`, two of React break hooks.
    resolve: { dedupe: ['yjs', 'y-protocols', 'lib0', 'react', 'react-dom'] },
    // The worker that searches is a module like all others.
    worker: { format: 'es' },
    build: {
      outDir: 'dist',
      emptyOutDir: true,
      sourcemap: true,
      // One file, but for the parts that the client fetches when it needs them; the service worker keeps all of them.
      // Kilobytes before compression.
      chunkSizeWarningLimit: 1100,
      // The first versions that know `light-dark()`, which carries both themes in one set of tokens.
      target: ['chrome123', 'edge123', 'firefox121', 'safari17.5'],
    },
    server: {
      host: '127.0.0.1',
      proxy: {
        '/sync': { target: server, ws: true },
        '/auth': server,
        '/api': server,
        '/healthz': server,
        '/readyz': server,
      },
    },
  };
});
