// The page without a server: a service worker keeps its files, and a manifest lets a browser install it as an app.

import { make } from "./dom.js";

/** Only where it can work: from https or from this machine, not from a file. */
export async function keepOffline() {
  if (!isSecureContext || !location.protocol.startsWith("http") || !navigator.serviceWorker) return;
  document.head.append(make("link", { rel: "manifest", href: "app.webmanifest" }));
  if (document.readyState !== "complete") await new Promise((done) => addEventListener("load", done, { once: true })); // the figures come first
  try {
    await navigator.serviceWorker.register("offline_worker.js");
    const { active } = await navigator.serviceWorker.ready;
    active.postMessage(performance.getEntriesByType("resource").map(({ name }) => name)); // what came before the worker was there
  } catch {
    // The browser keeps nothing, as it is told to: the page needs its server.
  }
}
