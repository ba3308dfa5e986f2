import { TAKE_OVER } from '../src/update/take-over.ts';
import { routeOf } from './route.ts';
import { type ShellFile, createShell } from './shell.ts';

/**
 * Opens the app without a network. It answers for the app's own files and for nothing else, and it never takes over
 * by itself: a page that is open keeps the release it was opened with until the person reloads it.
 */
declare const self: ServiceWorkerGlobalScope & {
  /** The build puts the list of its files here. */
  readonly __WB_MANIFEST: readonly ShellFile[];
};

const files = self.__WB_MANIFEST;
const paths = new Set(files.map(({ url }) => `/${url}`));
const shell = createShell({ files, caches: self.caches, fetch: (request) => fetch(request) });

self.addEventListener('install', (event) => event.waitUntil(shell.install()));
self.addEventListener('activate', (event) => event.waitUntil(shell.activate()));
self.addEventListener('message', (event) => {
  if (event.data === TAKE_OVER) event.waitUntil(self.skipWaiting());
});
self.addEventListener('fetch', (event) => {
  const route = routeOf(event.request, self.location.origin, paths);
  if (route.to !== 'network') event.respondWith(shell.answer(route, event.request));
});
