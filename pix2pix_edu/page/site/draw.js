// The drawing board, and beside it what the network of the page makes of the drawing.

import { createBoard } from "./board.js";
import { make, newestOnly, scaleWhole } from "./dom.js";
import { paintLabels, readSamples } from "./label_map.js";
import { paintPicture } from "./pixels.js";
import { saveSideBySide } from "./save.js";
import { say, t } from "./words.js";

const ENLARGED = 8; // scale of the saved file

/**
 * data: {network, megabytes, size, classes, samples, fake: url of the last sample's picture, makes: what the picture is called}.
 * run([name], labels) resolves to [{fake}].
 */
export function createDraw(data, state, onState, { run }) {
  const makes = say(data.makes ?? "photograph");
  const samples = readSamples(data.samples);
  const photo = make("canvas", { width: data.size, height: data.size, role: "img", "aria-label": t`The ${makes}`, class: "draw-photo" });
  const status = make("p", { role: "status", class: "play-small" }, t`Draw: the network is loaded with your first stroke.`);
  const save = make("button", { type: "button", disabled: "" }, t`Save picture`);
  let [shown, loaded, first] = [null, false, true];

  const translate = newestOnly(async (labels) => {
    status.classList.remove("notice");
    if (!loaded) status.textContent = t`Loading the network, ${data.megabytes} MB.`;
    const started = performance.now();
    const [{ fake }] = await run([data.network], labels);
    const milliseconds = Math.max(1, Math.round(performance.now() - started));
    status.textContent = loaded ? t`Translated in ${milliseconds} ms. Nothing that you draw leaves this page.` : t`The network is ready: draw on.`;
    loaded = true;
    show(labels);
    paintPicture(photo, fake);
  }, (error) => {
    status.textContent = t`No ${makes}: ${error.message}. You can still draw; the next stroke tries again.`;
    status.classList.add("notice");
  });

  const board = createBoard({ ...data, samples, onChange: (labels) => {
    if (first) first = false; // the sample that the board begins with has its photograph already
    else translate(labels);
  } });

  function show(labels) {
    shown = labels;
    save.disabled = false;
    photo.setAttribute("aria-label", t`${capital(makes)} made from the drawing: ${describe(labels, data.classes)}.`);
  }

  async function begin() {
    const { labels } = samples.at(-1);
    board.load(labels);
    const image = new Image();
    image.src = data.fake;
    await image.decode();
    if (shown) return; // a stroke was faster
    photo.getContext("2d").drawImage(image, 0, 0);
    show(labels);
  }

  save.onclick = () => savePicture(data, shown, photo).then(() => (status.textContent = t`Drawing and ${makes} are saved side by side.`));
  const frame = make("div", { class: "draw-frame" }, photo);
  scaleWhole(photo, data.size, 1);
  const below = make("div", { class: "draw-below" }, status, save);
  const fake = make("div", { class: "draw-fake" }, make("p", { class: "play-title" }, t`G(x): the ${makes}`), frame, below);
  const drawing = make("div", { class: "draw-board" }, make("p", { class: "play-title" }, t`x: what you draw`), board.element);
  begin().catch(() => translate(samples.at(-1).labels)); // without that picture, the network makes it
  return { element: make("div", { class: "play play-draw" }, make("div", { class: "draw-panels" }, drawing, fake)) };
}

const capital = (words) => words[0].toUpperCase() + words.slice(1);

/** Each class of a drawing with its share of the area, largest first. */
function describe(labels, classes) {
  const counts = classes.map(() => 0);
  for (const label of labels) counts[label] += 1;
  const seen = classes.map(({ name }, label) => ({ name, count: counts[label] })).filter(({ count }) => count);
  seen.sort((one, other) => other.count - one.count);
  return seen.map(({ name, count }) => `${say(name)} ${((100 * count) / labels.length).toFixed(1)}%`).reduce((all, next) => t`${all}, ${next}`);
}

/** The drawing and its photograph side by side, as in the files of the course, enlarged. */
async function savePicture({ size, classes }, labels, photo) {
  const drawing = make("canvas", { width: size, height: size });
  paintLabels(drawing, labels, classes);
  await saveSideBySide(drawing, photo, ENLARGED, "drawing_and_photograph.png");
}
