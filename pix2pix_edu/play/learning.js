// A pix2pix of some twenty thousand weights that trains in the browser while one watches and changes its settings.

import { button, choices, draw, frame, make, oncePerFrame, pick, sentences, set, slider, toggle, wholeWidth } from "./dom.js";
import { paintPicture, paintVerdict, readPictures, verdictLegend } from "./pixels.js";
import { serve } from "./trainer.js";
import { t } from "./words.js";

const WEIGHTS = [0, 1, 10, 100, 1000];
const PATCHES = [1, 16, 34];
const [CHANCE, SMOOTH, KEPT] = [Math.log(2), 0.97, 1500]; // of the curves: a running mean, and how many points are kept
const WIDTH = 96; // CSS pixels, at most, of a picture

/**
 * data: {size, columns, x: url, y: url, pairs, tests, worker: url, or source: text}: all pictures in two sheets, the tests first; the worker.
 * state: {l1Weight, patch}. onState(state) after each change. Returns {element, stop()}.
 */
export function createLearning(data, state = {}, onState = () => {}) {
  const now = { l1Weight: pick(WEIGHTS, state.l1Weight, 100), patch: pick(PATCHES, state.patch, 16), trainD: true, ganWeight: 1 };
  const run = button(t`Train`, () => setRunning(!running));
  const once = button(t`One step`, () => ask({ once: true }));
  const again = button(t`Start again`, () => begin());
  const { element, caption, tell } = frame("learning", [
    make("div", { class: "play-buttons" }, run, once, again),
    slider(t`λ, the weight of L1:`, WEIGHTS, now.l1Weight, (l1Weight) => change({ l1Weight })).element,
    choices(t`D's patch, px`, PATCHES.map((patch) => [patch, `${patch}`]), now.patch, (patch) => change({ patch })).element,
    toggle(t`D learns`, true, (trainD) => change({ trainD })).element,
    toggle(t`D counts for G`, true, (counts) => change({ ganWeight: counts ? 1 : 0 })).element,
  ]);
  const sheet = new Sheet(data);
  const curves = draw("svg", { class: "learning-curves", role: "img", "aria-label": t`The losses of the last steps; their values are in the text below` });
  const names = [["D", t`D's loss`], ["G", t`G's adversarial loss`], ["L1", "L1"], ["chance", t`D guesses`]];
  const legend = make("p", { class: "play-legend" }, ...names.map(([name, words]) => make("span", { class: `learning-${name}` }, words)));
  const beside = make("div", { class: "learning-beside" }, make("div", {}, legend, curves), caption);
  element.append(make("div", { class: "play-panels" }, make("div", {}, sheet.element, verdictLegend()), beside));
  for (const control of [run, once, again]) control.disabled = true;
  let [id, running, history, smooth, started, seconds, step, ask] = [0, false, [], null, 0, 0, 0, () => {}];

  const repaint = oncePerFrame(() => {
    paintCurves(curves, history);
    tell(describe(step, seconds, smooth));
  });

  function receive(message) {
    if (message.id !== id) return; // of a training that was ended by "Start again"
    step = message.step;
    if (running) seconds += (performance.now() - started) / 1000;
    started = performance.now();
    for (const [at, ...losses] of message.losses) {
      smooth = smooth ? smooth.map((value, i) => SMOOTH * value + (1 - SMOOTH) * losses[i]) : losses;
      history.push([at, ...smooth]);
    }
    if (history.length > 2 * KEPT) history = history.filter((_, i) => i % 2 || i === history.length - 1);
    if (message.fakes) sheet.paint(message);
    repaint();
  }

  function setRunning(on) {
    running = on;
    started = performance.now();
    run.textContent = on ? t`Pause` : t`Train`;
    once.disabled = on;
    ask({ run: on });
  }

  function change(values) {
    Object.assign(now, values);
    ask({ change: now });
    onState({ l1Weight: now.l1Weight, patch: now.patch });
  }

  async function begin() {
    setRunning(false);
    [history, smooth, seconds] = [[], null, 0];
    id += 1;
    const create = { id, size: data.size, ...(await sheet.pairs()), seed: 0, patch: now.patch };
    ask({ create, change: now });
  }

  const url = data.worker || (data.source && URL.createObjectURL(new Blob([data.source], { type: "text/javascript" })));
  const worker = startWorker(url, receive, (channel) => {
    ask = channel;
    const enable = () => [run, once, again].forEach((control) => (control.disabled = false));
    begin().then(enable, (error) => tell(t`The pairs did not load: ${error.message}.`));
  });
  new ResizeObserver(repaint).observe(element);
  repaint();
  return { element, stop };

  function stop() {
    ask({ run: false }); // without a worker the training runs on in the page
    worker?.terminate();
  }
}

/** Call ready(ask) with a way to send messages to a training: in a worker if the page allows one, else between the page's own work. */
function startWorker(url, receive, ready) {
  const here = () => {
    const answer = serve((message) => setTimeout(() => receive(message)));
    ready((message) => setTimeout(() => answer(message)));
  };
  if (!url) return here();
  try {
    const worker = new Worker(url, { type: "module" });
    worker.onmessage = ({ data }) => receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      here();
    };
    ready((message) => worker.postMessage(message));
    return worker;
  } catch {
    return here();
  }
}

/** The numbers of the figure in words. */
function describe(step, seconds, losses) {
  if (!losses) return t`G is untrained. Press Train, and watch six houses that it is never trained on.`;
  const [discriminator, adversarial, l1] = losses.map((value) => value.toFixed(2));
  const means = t`D's loss ${discriminator} (${CHANCE.toFixed(2)} if it only guesses), G's adversarial loss ${adversarial}, L1 ${l1}: running means.`;
  return sentences(count(step, seconds), means);
}

function count(step, seconds) {
  const [steps, pace] = [step.toLocaleString("en"), Math.round(step / seconds)];
  if (step === 1) return seconds > 1 ? t`1 step, ${pace} a second.` : t`1 step.`;
  return seconds > 1 ? t`${steps} steps, ${pace} a second.` : t`${steps} steps.`;
}

/** The test houses: drawing, fake, D's verdict on the fake, photograph. */
class Sheet {
  constructor({ size, columns, x, y, pairs, tests }) {
    Object.assign(this, { size, columns, counts: { pairs, tests }, sources: [x, y] });
    const rows = [[t`drawing x`, size], ["G(x)", size], [t`D on G(x)`, 1], [t`photograph y`, size]];
    this.rows = rows.map(([name, side]) => [name, Array.from({ length: tests }, () => make("canvas", { width: side, height: side }))]);
    const lines = this.rows.map(([name, canvases]) => make("div", { class: "learning-row" }, make("span", {}, name), ...canvases));
    this.element = make("div", { class: "learning-sheet", role: "img", "aria-label": t`${tests} houses: drawing, what G makes of it, D's verdict, photograph` }, ...lines);
    this.element.style.setProperty("--side", `${wholeWidth(size, WIDTH)}px`);
  }

  /** All pairs as numbers in [-1, 1]. */
  async pairs() {
    const sides = await Promise.all(this.sources.map((url) => readPictures(url, this.size, this.columns, this.counts.pairs + this.counts.tests)));
    const both = sides[0].map((x, i) => ({ x, y: sides[1][i] }));
    const tests = both.slice(0, this.counts.tests);
    tests.forEach(({ x, y }, i) => [[0, x], [3, y]].forEach(([row, picture]) => paintPicture(this.rows[row][1][i], picture)));
    return { tests, pairs: both.slice(this.counts.tests) };
  }

  paint({ fakes, logits, side }) {
    fakes.forEach((fake, i) => paintPicture(this.rows[1][1][i], fake));
    logits.forEach((values, i) => paintVerdict(this.rows[2][1][i], values, side));
  }
}

function paintCurves(svg, history) {
  const [width, height, left] = [svg.clientWidth || 600, 190, 34];
  set(svg, { viewBox: `0 0 ${width} ${height}`, height });
  const last = Math.max(history.at(-1)?.[0] ?? 0, 100);
  const highest = Math.max(1.5, ...history.map((row) => 1.05 * Math.max(...row.slice(1))));
  const toX = (step) => left + (step / last) * (width - left - 8);
  const toY = (loss) => height - 18 - (loss / highest) * (height - 26);
  const line = (column) => history.map((row, i) => `${i ? "L" : "M"}${toX(row[0]).toFixed(1)} ${toY(row[column]).toFixed(1)}`).join("");
  const tick = (x, y, words, name = "") => draw("text", { x, y, class: name }, words);
  svg.replaceChildren(
    draw("path", { d: `M${left} ${toY(CHANCE)}H${width - 8}`, class: "learning-chance" }),
    draw("path", { d: `M${left} 8V${toY(0)}H${width - 8}`, class: "learning-axis" }),
    ...["D", "G", "L1"].map((name, i) => draw("path", { d: line(i + 1), class: `learning-${name}` })),
    ...[0, 1, 2, 4, 8].filter((loss) => loss <= highest).map((loss) => tick(left - 6, toY(loss) + 4, loss, "learning-end")),
    tick(left, height - 3, t`0 steps`),
    tick(width - 8, height - 3, last.toLocaleString("en"), "learning-end"),
  );
}
