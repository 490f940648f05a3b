/**
 * The console's worker: keeps the shell for times without a daemon, sends what was captured, and rings. It never keeps an answer of
 * the daemon.
 */
import { flush } from './queue.js';

const CACHE = 'shell-1';

/** The whole shell. */
const SHELL = [
  './', 'api.js', 'challenge.js', 'chart.js', 'console.css', 'diff.js', 'dom.js', 'envelope.js', 'event-view.js', 'format.js', 'icon.svg',
  'icons.js', 'keys.js', 'link-graph.js', 'list.js', 'live.js', 'main.js', 'map-layout.js', 'map-lights.js', 'map-paint.js', 'map-view.js',
  'markdown.js', 'note.js', 'page-approvals.js', 'page-capture.js', 'page-device.js', 'page-enrol.js', 'page-map.js', 'page-pair.js', 'page-pulse.js',
  'page-report.js', 'page-sessions.js', 'page-stats.js', 'page-tiers.js', 'page-timeline.js', 'page-trust.js', 'page-vault.js', 'page.js',
  'pages.js', 'palette.js', 'passkeys.js', 'queue.js', 'route.js', 'shell.js', 'stream.js', 'strict-json.js', 'table.js', 'theme.js',
  'time-bar.js', 'visible.js', 'when.js', 'words.json',
];

/** What is asked of the network first and kept for later: the console's own files, and nothing below api/. */
const isShell = (url) => url.origin === self.location.origin && url.pathname.startsWith(new URL('./', self.location).pathname) && !url.pathname.includes('/api/');

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(caches.keys().then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)))).then(() => self.clients.claim()));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || !isShell(url)) return;
  event.respondWith(fetch(request).then((response) => {
    if (response.ok && !response.redirected) {
      const copy = response.clone();
      event.waitUntil(caches.open(CACHE).then((cache) => cache.put(request, copy)));
    }
    return response;
  }, async () => (await caches.match(request, { ignoreSearch: true })) ?? (request.mode === 'navigate' ? caches.match('./') : undefined) ?? Response.error()));
});

self.addEventListener('sync', (event) => {
  if (event.tag === 'captures') event.waitUntil(flush().then((left) => { if (left) throw new Error('some are left'); }));
});
