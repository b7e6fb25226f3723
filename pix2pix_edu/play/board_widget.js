// The board in a notebook: the drawing is sent to Python as a PNG, and the generator's output is shown beside it.

import { BORDER, createBoard } from "./board.js";
import { make, scaleWhole, toRgb } from "./dom.js";
import { keepKeys } from "./keys_of_widget.js";
import { paintLabels } from "./label_map.js";
import { speak, t } from "./words.js";

const PATIENCE = 800; // milliseconds; usually the answer comes sooner

function toPng(labels, size, classes) {
  const canvas = make("canvas", { width: size, height: size });
  paintLabels(canvas, labels, classes);
  return canvas.toDataURL("image/png");
}

/** The class numbers of a PNG: the class of the nearest colour, because some browsers alter colours slightly to prevent fingerprinting. */
async function fromPng(url, size, classes) {
  const image = new Image();
  image.src = url;
  await image.decode();
  const context = make("canvas", { width: size, height: size }).getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, size, size).data;
  const colours = classes.map(toRgb);
  return Uint8Array.from({ length: size * size }, (_, place) => {
    const distances = colours.map((colour) => colour.reduce((sum, value, channel) => sum + (value - pixels[4 * place + channel]) ** 2, 0));
    return distances.indexOf(Math.min(...distances));
  });
}

function render({ model, el }) {
  speak(model.get("texts") ?? {});
  const [size, classes] = [model.get("size"), model.get("paints")];
  const samples = model.get("samples").map(({ name, labels }) => {
    return { name, labels: new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength) };
  });
  let shown = null; // the sketch that the board shows
  let timer = 0; // runs from a question to the kernel until its answer

  const board = createBoard({ classes, size, samples, onChange: send });
  const photo = make("img", { class: "board-photo" });
  const caption = make("figcaption", { "aria-live": "polite" });
  const [other, first] = [t`Other noise`, t`First noise`].map((name) => make("button", { type: "button" }, name));
  const noise = make("div", { class: "board-row", role: "group", "aria-label": t`Noise` }, other, first);
  const column = make("figure", { class: "board board-fake" }, photo, noise, caption);

  function send(labels) {
    shown = toPng(labels, size, classes);
    ask("sketch", shown);
  }

  function ask(name, value) {
    model.set(name, value);
    model.set("asked", model.get("asked") + 1);
    model.save_changes();
    timer ||= setTimeout(() => (caption.textContent = t`The kernel is busy. Your drawing is translated as soon as it answers.`), PATIENCE);
  }

  function answered() {
    if (model.get("answered") !== model.get("asked")) return; // a later question has no answer yet
    clearTimeout(timer);
    timer = 0;
    show();
  }

  async function receive() {
    const sketch = model.get("sketch");
    if (sketch === shown) return;
    shown = sketch;
    board.load(await fromPng(sketch, size, classes));
  }

  function show() {
    photo.src = model.get("fake");
    photo.alt = model.get("alt");
    if (!timer) caption.textContent = model.get("alt");
  }

  other.onclick = () => ask("seed", model.get("seed") + 1);
  first.onclick = () => ask("seed", 0);
  model.on("change:sketch", receive);
  model.on("change:fake change:alt", show);
  model.on("change:answered", answered);
  show();
  receive();
  scaleWhole(photo, size, BORDER);
  el.classList.add("board-widget");
  el.append(board.element, column);
  if (model.get("credit")) el.append(make("p", { class: "board-credit" }, model.get("credit")));
  const stopKeeping = keepKeys(() => el);
  return () => {
    stopKeeping();
    clearTimeout(timer);
    model.off("change:sketch", receive);
    model.off("change:fake change:alt", show);
    model.off("change:answered", answered);
  };
}

export default { render };
