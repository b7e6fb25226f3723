// A page of figures: each is loaded when it comes near the window, and its state is kept in the page's address.

import { speakLanguage } from "./language.js";
import { keepOffline } from "./offline.js";
import { openNetworks } from "./onnx.js";
import { t } from "./words.js";

const FIGURES = {
  draw: () => import("./boards.js").then(({ createBoards }) => createBoards),
  pictures: () => import("./pictures.js").then(({ createPictures }) => createPictures),
  patch: () => import("./patch.js").then(({ createPatch }) => createPatch),
  verdict: () => import("./verdict.js").then(({ createVerdict }) => createVerdict),
  objective: () => import("./objective.js").then(({ createObjective }) => createObjective),
  runs: () => import("./runs.js").then(({ createRuns }) => createRuns),
  variants: () => import("./variants.js").then(({ createVariants }) => createVariants),
  skips: () => import("./skips.js").then(({ createSkips }) => createSkips),
  flow: () => import("./flow.js").then(({ createFlow }) => createFlow),
  game: () => import("./game.js").then(({ createGame }) => createGame),
  learning: () => import("./learning.js").then(({ createLearning }) => createLearning),
};
const NEAR = "600px"; // how far below the window a figure is prepared
const PAUSE = 400; // milliseconds without a change; browsers refuse to write the address at each move of a pointer
const shown = new Map(); // what each figure's create function returned
let timer = 0;

async function build(section, state) {
  const place = section.querySelector(".figure");
  try {
    const path = `figures/${section.id}.json`;
    const [create, response] = await Promise.all([FIGURES[section.id](), fetch(path)]);
    if (!response.ok) throw new Error(t`${path} did not load (${response.status})`);
    const data = await response.json();
    let ready = false; // what a figure reports while it is built is not a change
    shown.get(section)?.stop?.();
    shown.set(section, create(data, state, (now) => ready && remember(section.id, now), { run: openNetworks(data), load: async (file) => `gallery/${file}.avif` }));
    place.replaceChildren(shown.get(section).element);
    ready = true;
  } catch (error) {
    const notice = Object.assign(document.createElement("p"), { className: "notice", textContent: t`This figure did not load: ${error.message}. Load the page again to try once more.` });
    place.replaceChildren(notice);
  }
}

/** "#patch?patch=70&row=3" is the figure `patch` in a state. */
function remember(name, state) {
  clearTimeout(timer);
  timer = setTimeout(() => history.replaceState(null, "", `#${name}?${new URLSearchParams(state)}`), PAUSE);
}

/** Go to the figure that the address names, and build it anew if a state is named too. */
function followAddress() {
  const [name, state] = location.hash.slice(1).split("?");
  if (!Object.hasOwn(FIGURES, name)) return;
  const section = document.getElementById(name);
  if (!section) return; // a figure of another page
  if (state) {
    watcher.unobserve(section);
    build(section, Object.fromEntries(new URLSearchParams(state)));
  }
  keepInSight(section);
}

/** Scroll to a section, and again whenever the figures around it grow, until the person does something. */
function keepInSight(section) {
  const growth = new ResizeObserver(() => section.scrollIntoView());
  growth.observe(document.body);
  for (const event of ["wheel", "touchstart", "pointerdown", "keydown"]) addEventListener(event, () => growth.disconnect(), { once: true, passive: true });
}

const watcher = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    watcher.unobserve(target);
    build(target, {});
  }
}, { rootMargin: NEAR });
await speakLanguage(); // before the first figure is built
for (const section of document.querySelectorAll("main > section")) watcher.observe(section);
addEventListener("hashchange", followAddress);
followAddress();
keepOffline();
