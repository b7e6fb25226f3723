// A trained U-Net whose levels one can switch off: what does each of them carry to the picture?

import { button, choices, figure, frame, make, newestOnly, sentences, square, toggle } from "./dom.js";
import { paintLabels, readSamples } from "./label_map.js";
import { l1, paintDifference, paintPicture, readPictures } from "./pixels.js";
import { say, t } from "./words.js";

const WIDTH = 192; // CSS pixels, at most, of a picture
const combine = () => [
  [t`All`, () => true],
  [t`Only the bottleneck`, (level, depth) => level === depth],
  [t`Only the outermost skip`, (level) => level === 1],
  [t`All but the bottleneck`, (level, depth) => level < depth],
];

/**
 * data: {network, size, classes, channels: [channels of each level], samples: [{name, labels}], fakes: {name: url}}.
 * The fakes of a sample are a sheet of one row: from all levels, then from each level alone.
 * state: {sample, off: numbers of the levels that are switched off, 1 being the outermost}.
 * run([network], labels, {keep}) resolves to [{fake}]. Returns {element}.
 */
export function createSkips(data, state = {}, onState = () => {}, { run }) {
  const depth = data.channels.length;
  const houses = readSamples(data.samples);
  const levels = data.channels.map((_, i) => i + 1);
  const digits = /^\d+$/.test(state.off ?? "") ? [...`${state.off}`] : [];
  const off = new Set((Array.isArray(state.off) ? state.off : digits).map(Number).filter((level) => levels.includes(level)));
  const now = { sample: houses.some(({ name }) => name === state.sample) ? state.sample : houses[0].name };
  const whole = new Map(); // the fakes of a sample, by its name
  const canvases = Object.fromEntries(["x", "full", "part", "difference"].map((name) => [name, square(data.size, WIDTH)]));
  const alone = levels.map(() => square(data.size, WIDTH));
  const switches = levels.map((level) => toggle(nameOf(level, data), !off.has(level), (on) => change(() => (on ? off.delete(level) : off.add(level)))));
  const samples = choices(t`House`, houses.map(({ name }) => [name, say(name)]), now.sample, (sample) => change(() => (now.sample = sample)));
  const combinations = combine().map(([title, kept]) => button(title, () => change(() => {
    off.clear();
    levels.filter((level) => !kept(level, depth)).forEach((level) => off.add(level));
  })));
  const { element, caption, tell } = frame("skips", [samples.element, make("div", { class: "play-buttons" }, ...combinations)]);
  const titles = { x: t`drawing x`, full: t`all levels`, part: t`levels that are on`, difference: t`difference (black: none)` };
  const pictures = Object.entries(titles).map(([name, title]) => figure(canvases[name], title));
  const below = alone.map((canvas, i) => figure(canvas, i + 1 === depth ? t`bottleneck alone` : t`skip ${i + 1} alone`));
  const net = make("fieldset", { class: "skips-net" }, make("legend", {}, t`The U-Net: each skip takes a level of the encoder straight to the decoder`));
  switches.forEach(({ element: label }, i) => net.append(rowOf(label, i + 1, data)));
  element.append(
    make("div", { class: "play-panels" }, net, make("div", { class: "skips-pictures" }, ...pictures)),
    caption,
    make("div", {}, make("p", { class: "play-title" }, t`What each level alone brings`), make("div", { class: "skips-pictures" }, ...below)),
  );
  const factors = () => levels.map((level) => (off.has(level) ? 0 : 1));

  function change(edit) {
    edit();
    switches.forEach(({ input }, i) => (input.checked = !off.has(i + 1)));
    onState({ sample: now.sample, off: [...off].sort().join("") });
    update(now.sample, factors());
  }

  async function translate(sample, keep) {
    const { labels } = houses.find(({ name }) => name === sample);
    if (!whole.has(sample)) whole.set(sample, await readPictures(data.fakes[sample], data.size, depth + 1, depth + 1));
    const [full, ...single] = whole.get(sample);
    const part = keep.every(Boolean) ? full : (await run([data.network], labels, { keep }))[0].fake;
    paintLabels(canvases.x, labels, data.classes);
    paintPicture(canvases.full, full);
    paintPicture(canvases.part, part);
    paintDifference(canvases.difference, full, part);
    pictures.at(-1).classList.toggle("skips-same", keep.every(Boolean)); // a black square would say little
    single.forEach((picture, i) => paintPicture(alone[i], picture));
    const names = levels.filter((_, i) => !keep[i]).map((level) => nameOf(level, data));
    const switched = names.length ? t`Switched off: ${names.reduce((all, next) => t`${all}; ${next}`)}.` : t`Switched off: nothing.`;
    tell(sentences(switched, t`L1 between the two pictures: ${l1(full, part).toFixed(3)}.`));
  }

  const update = newestOnly(translate, (error) => tell(t`No picture: ${error.message}.`));
  update(now.sample, factors());
  return { element };
}

function nameOf(level, { channels, size }) {
  const side = size >> level;
  const count = channels[level - 1];
  return level === channels.length ? t`bottleneck, ${side} x ${side}, ${count} channels` : t`skip ${level}, ${side} x ${side}, ${count} channels`;
}

/** A level of the diagram: the encoder's block on the left, the decoder's on the right, the switch between them. */
function rowOf(label, level, { channels }) {
  const row = make("div", { class: level === channels.length ? "skips-level skips-bottom" : "skips-level" }, make("i"), label, make("i"));
  row.style.setProperty("--inset", `${(level - 1) * 18}px`);
  return row;
}
