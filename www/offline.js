// The service worker: keeps the site's files in this browser, so that a lab goes on, and opens again, without a network.
//
// It is registered when somebody opens a lab (`coldstart.keep` of boot.js), and never before: a visit that nobody comes back from stores nothing. The
// build (crates/xtask/src/site.rs) puts the list of files in the place of COLDSTART_FILES; its address, `offline.js`, stays the same in every build.
//
// Names of files have digests, so what is kept under a name is what the network would send. The others, the page itself and lists such as labs/index.json,
// come from the network while there is one: a new build is seen at once.

const { build, files } = COLDSTART_FILES;
const KEPT = `coldstart-${build}`;
const isNamedByContent = (path) => /-[0-9a-f]{12}\.[a-z]+$/.test(path);

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const kept = await caches.open(KEPT);
      // Those that another build has left are not fetched again.
      for (const file of files) {
        const address = new URL(file, self.registration.scope).href;
        const known = isNamedByContent(file) && (await caches.match(address));
        await (known ? kept.put(address, known) : kept.add(new Request(address, { cache: "no-cache" })));
      }
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      const others = names.filter((name) => name.startsWith("coldstart-") && name !== KEPT);
      await Promise.all(others.map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

/** What is kept of a request; a page is the same whatever stands behind its address. */
async function kept(request) {
  const address = request.mode === "navigate" ? self.registration.scope : request.url;
  return caches.match(address, { cacheName: KEPT, ignoreVary: true });
}

async function answer(request) {
  const { pathname } = new URL(request.url);
  if (request.mode !== "navigate" && isNamedByContent(pathname)) return (await kept(request)) ?? fetch(request);
  try {
    return await fetch(request);
  } catch (error) {
    const known = await kept(request);
    if (known) return known;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && request.url.startsWith(self.registration.scope)) event.respondWith(answer(request));
});
