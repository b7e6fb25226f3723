// One drawing, and what networks make of it that differ in lambda alone, or in the patch alone.

import { createBoard } from "./board.js";
import { choices, frame, make, newestOnly, sentences, set, wholeWidth } from "./dom.js";
import { readSamples } from "./label_map.js";
import { paintPicture, paintVerdict, readPictures } from "./pixels.js";
import { say, t } from "./words.js";

const [WIDTH, SMALL, NARROW] = [128, 64, 726]; // CSS pixels: of a picture, at most; of one in a figure that is narrower than the last

/**
 * data: {size, classes, samples: [{name, labels}], rows: [{title, networks: [{name, title}]}], fakes: url}: one picture for each network,
 * in a row, of the last sample.
 * state: {shown}. run(names, labels) resolves to [{fake, logits, side}], one for each name. Returns {element}.
 */
export function createVariants(data, state = {}, onState = () => {}, { run }) {
  const samples = readSamples(data.samples);
  const now = { shown: state.shown === "verdict" ? "verdict" : "fake" };
  const tiles = data.rows.flatMap(({ networks }) => networks.map((network) => new Tile(network, data.size)));
  const names = [...new Set(tiles.map(({ name }) => name))];
  const shown = choices(t`Show`, [["fake", "G(x)"], ["verdict", t`D's verdict on it`]], now.shown, (value) => {
    now.shown = value;
    if (first && value === "verdict") translate(board.labels()); // only the pictures come with the data
    tiles.forEach((tile) => tile.paint(value));
    onState({ shown: value });
  });
  const { element, caption, tell } = frame("variants", [shown.element]);
  const translate = newestOnly(async (labels) => {
    if (first) tell(t`Loading the networks.`);
    const started = performance.now();
    const results = await run(names, labels);
    tiles.forEach((tile) => {
      tile.result = results[names.indexOf(tile.name)];
      tile.paint(now.shown);
    });
    const milliseconds = Math.max(1, Math.round(performance.now() - started));
    const done = first ? t`${names.length} networks translated this drawing.` : t`${names.length} networks translated this drawing in ${milliseconds} ms.`;
    first = false;
    tell(sentences(done, t`They share everything but the setting named below each picture.`));
  }, (error) => tell(t`No pictures: ${error.message}.`));
  const begun = samples.at(-1).labels; // its pictures come with the data
  const board = createBoard({ ...data, samples, onChange });
  let [next, first, drawn] = [0, true, false];
  function onChange(labels) {
    drawn ||= labels.some((label, i) => label !== begun[i]);
    if (drawn) translate(labels);
  }

  const rows = data.rows.map(({ title, networks }) => {
    const figures = networks.map(() => tiles[next++].element);
    return make("div", {}, make("p", { class: "play-title" }, say(title)), make("div", { class: "variants-row" }, ...figures));
  });
  element.append(make("div", { class: "play-panels" }, make("div", { class: "variants-board" }, board.element), make("div", { class: "variants-rows" }, ...rows)), caption);
  new ResizeObserver(([{ contentRect }]) => tiles.forEach((tile) => tile.fit(contentRect.width < NARROW ? SMALL : WIDTH))).observe(element);
  tell(t`Draw: the networks are loaded with your first stroke.`);
  board.load(begun);
  if (now.shown === "verdict") translate(begun);
  readPictures(data.fakes, data.size, names.length, names.length).then((fakes) => {
    if (!first) return; // a stroke was faster
    tiles.forEach((tile) => {
      paintPicture(tile.canvas, fakes[names.indexOf(tile.name)]);
      tile.describe(t`made from the sample ${say(samples.at(-1).name)}`);
    });
  });
  return { element };
}

class Tile {
  constructor({ name, title }, size) {
    Object.assign(this, { name, title, result: null, canvas: make("canvas", { width: size, height: size }), verdict: make("canvas") });
    this.verdict.className = "variants-verdict";
    this.verdict.hidden = true;
    this.picture = make("div", { class: "variants-picture", role: "img" }, this.canvas, this.verdict);
    this.element = make("figure", {}, this.picture, make("figcaption", {}, say(title)));
    this.fit(WIDTH);
    this.describe(t`not translated yet`);
  }

  fit(wanted) {
    this.canvas.style.width = `${wholeWidth(this.canvas.width, wanted)}px`;
  }

  paint(shown) {
    if (!this.result) return;
    const { fake, logits, side } = this.result;
    paintPicture(this.canvas, fake);
    this.verdict.hidden = shown !== "verdict";
    if (!this.verdict.hidden) paintVerdict(this.verdict, logits, side, true);
    const real = logits.reduce((sum, logit) => sum + 1 / (1 + Math.exp(-logit)), 0) / logits.length;
    this.describe(t`D takes it for real with probability ${real.toFixed(2)}, the mean over ${logits.length} patches`);
  }

  describe(words) {
    const told = t`${say(this.title)}: ${words}`;
    set(this.picture, { "aria-label": told, title: told });
  }
}
