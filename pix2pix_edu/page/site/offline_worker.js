// Keeps the files of the page for times without a server. As long as the server answers, what it says is shown.

// page/offline.py writes here a hash of the page's files, those that are kept from the first visit on, and those that are kept when asked for.
const [VERSION, FILES, LATER] = ["", [], []];
const PAGE = `pix2pix-edu ${registration.scope} `; // other folders of this host may hold other pages
const CACHE = PAGE + VERSION;

/** The address under which a file is kept. */
const keyOf = (url) => url.split(/[?#]/)[0].replace(/\/index\.html$/, "/");

const ours = new Set([...FILES, ...LATER].map((name) => new URL(name, registration.scope).href));
const isOurs = (url) => ours.has(keyOf(url)); // another day, this address may be that of something else

const ASK = { cache: "no-cache" }; // the server is asked whether what the browser has of a file is still right

async function install() {
  const cache = await caches.open(CACHE);
  await cache.addAll(FILES.map((name) => new Request(name, ASK)));
  await skipWaiting();
}

async function activate() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PAGE) && name !== CACHE).map((name) => caches.delete(name)));
  await clients.claim();
}

/** Keep files that were loaded without this worker. One that fails will be kept when it is asked for again. */
async function keepToo(urls) {
  const cache = await caches.open(CACHE);
  for (const url of urls.filter(isOurs).map(keyOf)) if (!(await cache.match(url))) await cache.add(new Request(url, ASK)).catch(() => {});
}

async function answer(event) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(event.request, ASK);
    if (response.status === 200) event.waitUntil(cache.put(keyOf(event.request.url), response.clone()).catch(() => {})); // the disk may be full
    return response;
  } catch (error) {
    const kept = await cache.match(keyOf(event.request.url));
    if (kept) return kept;
    throw error;
  }
}

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("message", (event) => event.waitUntil(keepToo(event.data)));
addEventListener("fetch", (event) => event.request.method === "GET" && isOurs(event.request.url) && event.respondWith(answer(event)));
