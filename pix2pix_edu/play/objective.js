// One window, two possible photographs: move G's answer and see what L1, L2 and D charge for it, and where the best answer is.

import { button, choices, draw, followPointer, frame, make, oncePerFrame, pick, sentences, set, slider } from "./dom.js";
import { ANSWERS, DARK, FRAME, LIT, V, density, glass, lowest, solve, total } from "./two_answers.js";
import { t } from "./words.js";

const WEIGHTS = [0, 0.1, 0.3, 1, 3, 10, 30, 100];
const SHARES = [4, 5, 6, 7]; // windows of eight that are lit
const GRAINS = [0.1, 0.2, 0.3];
const [SIDES, NAMES, SEEN, GAP, LOSSES, STRIP] = [16, 100, 110, 52, 190, 44]; // CSS pixels; NAMES: the margin for the names of the curves
const LINE = 17; // CSS pixels between two names
const ROLL = 2; // hundredths that the answer moves in a frame when it rolls downhill

/** state: {weight, lit, grain, distance, answer}, all of which may be missing. onState(state) after each change. Returns {element}. */
export function createObjective(data, state = {}, onState = () => {}) {
  const now = {
    weight: pick(WEIGHTS, state.weight, 3),
    lit: pick(SHARES, state.lit, 5),
    grain: pick(GRAINS, state.grain, 0.2),
    distance: pick(["L1", "L2"], state.distance, "L1"),
    answer: Math.max(-1, Math.min(1, Number(state.answer ?? 0) || 0)),
  };
  let [game, rolling] = [null, 0];
  const controls = [
    slider(t`λ, the weight of the distance:`, WEIGHTS, now.weight, (weight) => change({ weight })),
    choices(t`Distance in the sum`, [["L1", "L1"], ["L2", "L2"]], now.distance, (distance) => change({ distance })),
    choices(t`Real windows lit`, SHARES.map((lit) => [lit, t`${lit} of 8`]), now.lit, (lit) => change({ lit })),
    choices(t`Grain of the photographs`, GRAINS.map((grain) => [grain, `${grain}`]), now.grain, (grain) => change({ grain })),
  ];
  const { element, caption, tell } = frame("objective", controls.map((control) => control.element));
  const plot = draw("svg", { tabindex: 0, role: "slider", "aria-label": t`G's answer, from dark to lit`, "aria-valuemin": -1, "aria-valuemax": 1 });
  const windows = make("div", { class: "objective-windows" });
  const roll = button(t`Let it roll downhill`, () => start());
  const best = button(t`Take the best answer`, () => change({ answer: ANSWERS[lowest(sums())] }));
  const right = make("div", { class: "objective-right" }, windows, make("div", { class: "play-buttons" }, roll, best), caption);
  element.append(make("div", { class: "play-panels" }, make("div", { class: "objective-plot" }, plot), right));

  const sums = () => total(game, now.weight, now.distance);
  const repaint = oncePerFrame(() => {
    paintPlot(plot, game, now, sums());
    paintWindows(windows, now);
    tell(describe(game, now));
  });

  function change(values, keepRolling = false) {
    if (!keepRolling) stop();
    Object.assign(now, values);
    if (!game || game.litShare !== now.lit / 8 || game.grain !== now.grain) game = solve(now.lit / 8, now.grain);
    repaint();
    onState({ ...now, answer: Number(now.answer.toFixed(2)) });
  }

  /** Follow the slope of the sum to the next minimum, as gradient descent would. */
  function start() {
    stop();
    const values = sums();
    const place = () => placeOf(now.answer);
    const next = () => [place() - 1, place() + 1].filter((i) => values[i] < values[place()]).sort((i, j) => values[i] - values[j])[0];
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      while (next() !== undefined) now.answer = ANSWERS[next()];
      return change({});
    }
    const step = () => {
      for (let i = 0; i < ROLL && next() !== undefined; i += 1) now.answer = ANSWERS[next()];
      change({}, true);
      rolling = next() === undefined ? 0 : requestAnimationFrame(step);
    };
    rolling = requestAnimationFrame(step);
    return undefined;
  }

  function stop() {
    cancelAnimationFrame(rolling);
    rolling = 0;
  }

  const clamp = (value) => Math.max(-1, Math.min(1, Math.round(100 * value) / 100));
  followPointer(plot, (x) => change({ answer: clamp(((x * plot.clientWidth - SIDES) / (plot.clientWidth - SIDES - NAMES)) * 2 - 1) }));
  const jumps = { ArrowLeft: -0.02, ArrowDown: -0.02, ArrowRight: 0.02, ArrowUp: 0.02, PageDown: -0.2, PageUp: 0.2, Home: -2, End: 2 };
  plot.addEventListener("keydown", (event) => {
    if (!(event.key in jumps)) return;
    event.preventDefault();
    change({ answer: clamp(now.answer + jumps[event.key]) });
  });
  new ResizeObserver(repaint).observe(element);
  change({});
  return { element };
}

const placeOf = (answer) => Math.round((answer + 1) * 100);

/** The curves at an answer, as they are written. */
function charged(game, { weight, answer }) {
  const here = placeOf(answer);
  return [game.adversarial[here], weight * game.L1[here], weight * game.L2[here]].map((value) => value.toFixed(3));
}

/** The numbers of the figure in words. */
function describe(game, now) {
  const { weight, lit, answer } = now;
  const [adversarial, L1, L2] = charged(game, now);
  const [one, two] = ["L1", "L2"].map((distance) => ANSWERS[lowest(total(game, weight, distance))]);
  const here = t`At G's answer ${answer.toFixed(2)} the adversarial term is ${adversarial}, λ L1 is ${L1} and λ L2 is ${L2}.`;
  const best = t`The best answer with L1 is ${one.toFixed(2)}, ${look(one)}; with L2 it is ${two.toFixed(2)}, ${look(two)}.`;
  return sentences(t`λ = ${weight}, ${lit} of 8 windows lit.`, here, best);
}

/** What a window of this brightness looks like. */
function look(brightness) {
  if (brightness > 0.75 * LIT) return t`a lit window`;
  return brightness < 0.75 * DARK ? t`a dark window` : t`neither lit nor dark`;
}

/** Above, what D sees; below, what it and both distances charge for each answer; a curve's name stands at its right end. */
function paintPlot(svg, game, now, sums) {
  const { weight, distance, answer, grain } = now;
  const width = svg.clientWidth || 560;
  const height = SEEN + GAP + LOSSES + 26 + STRIP;
  const [adversarial, L1, L2] = charged(game, now);
  const valuetext = t`${answer.toFixed(2)}, ${look(answer)}: adversarial ${adversarial}, λ L1 ${L1}, λ L2 ${L2}`;
  set(svg, { viewBox: `0 0 ${width} ${height}`, height, "aria-valuenow": answer, "aria-valuetext": valuetext });
  const [right, bottom, floor] = [width - NAMES, SEEN, SEEN + GAP + LOSSES];
  const toX = (value) => SIDES + ((value + 1) / 2) * (right - SIDES);
  const curve = (points) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
  const terms = { adversarial: game.adversarial, L1: game.L1.map((value) => weight * value), L2: game.L2.map((value) => weight * value), total: sums };
  const highest = 1.05 * Math.max(...Object.values(terms).map((values) => Math.max(...values) - Math.min(...values)));
  const heights = Object.entries(terms).map(([name, values]) => {
    const least = Math.min(...values);
    return [name, values.map((value) => floor - ((value - least) / highest) * LOSSES)];
  });
  const names = { L1: "λ L1", L2: "λ L2", adversarial: t`adversarial`, total: t`sum` };
  const [here, best] = [placeOf(answer), lowest(sums)];
  const whole = heights.at(-1)[1];
  svg.replaceChildren(
    text(SIDES, 12, t`What D sees`, "objective-head"),
    ...drawSight(game, answer, grain, { toX, curve, right, bottom }),
    draw("path", { d: `M${toX(-1)} ${bottom}H${toX(1)}M${toX(-1)} ${floor}H${toX(1)}`, class: "objective-axis" }),
    text(SIDES, bottom + 30, t`What G minimises: adversarial + λ ${distance}`, "objective-head"),
    text(SIDES, bottom + 46, t`Each curve is drawn from its lowest point up.`, "objective-note"),
    ...heights.map(([name, all]) => draw("path", { d: curve(all.map((y, i) => [toX(ANSWERS[i]), y])), class: `objective-${name}` })),
    ...spread(heights.map(([name, all]) => [name, all.at(-1)]), floor - LOSSES + 4, floor).flatMap(([name, from, to]) => [
      draw("path", { d: `M${right} ${from.toFixed(1)}L${right + 10} ${to.toFixed(1)}h8`, class: `objective-${name} objective-leader` }),
      text(right + 22, to + 4, names[name], "objective-name"),
    ]),
    draw("path", { d: `M${toX(answer)} 18V${bottom}M${toX(answer)} ${bottom + GAP}V${floor}`, class: "objective-handle" }),
    ...heights.slice(0, -1).map(([name, all]) => draw("circle", { cx: toX(answer), cy: all[here], r: 3.5, class: `objective-dot objective-${name}` })),
    draw("path", { d: diamond(toX(ANSWERS[best]), whole[best]), class: "objective-best" }),
    draw("circle", { cx: toX(answer), cy: whole[here], r: 8, class: "objective-ball" }),
    ...[-1, DARK, 0, LIT, 1].map((value) => text(toX(value), floor + 16, value === DARK ? t`dark` : value === LIT ? t`lit` : value, "objective-tick")),
    ...drawStrip(toX, floor + 26 + STRIP / 2),
  );
}

/** The densities of real and fake windows and the best D between them, each with its name. */
function drawSight(game, answer, grain, { toX, curve, right, bottom }) {
  const fake = density(answer, grain);
  const tallest = 1.05 * Math.max(...fake, ...game.real);
  const seen = [...V.keys()].filter((i) => Math.abs(V[i]) <= 1);
  const densities = (values, scale) => curve(seen.map((i) => [toX(V[i]), bottom - (values[i] / scale) * (SEEN - 18)]));
  const D = V.map((_, i) => game.real[i] / (game.real[i] + fake[i]));
  const end = bottom - D[seen.at(-1)] * (SEEN - 18);
  return [
    draw("path", { d: `${densities(game.real, tallest)}V${bottom}H${toX(-1)}Z`, class: "objective-real" }),
    draw("path", { d: densities(fake, tallest), class: "objective-fake" }),
    draw("path", { d: densities(D, 1), class: "objective-judge" }),
    text(toX(answer > 0 ? DARK : LIT), bottom - 5, t`real`, "objective-inside"), // in the hump that the fakes leave free
    text(toX(answer), bottom - 5, t`fake`, "objective-inside"),
    draw("path", { d: `M${right} ${end}h18`, class: "objective-judge" }),
    text(right + 22, end + 4, t`best D`, "objective-name"),
  ];
}

/** Heights of names, at least a line apart between ceiling and floor, each with the height of its curve: [[name, from, to]]. */
function spread(ends, ceiling, floor) {
  const sorted = [...ends].sort(([, one], [, other]) => other - one); // from the floor up
  let last = floor + LINE;
  const raised = sorted.map(([name, from]) => [name, from, (last = Math.min(from, last - LINE))]);
  last = ceiling - LINE;
  return raised.reverse().map(([name, from, to]) => [name, from, (last = Math.max(to, last + LINE))]);
}

/** Windows from dark to lit along the axis, as many as have room. */
function drawStrip(toX, y) {
  const steps = toX(1) - toX(-1) < 290 ? 5 : 10;
  return Array.from({ length: steps + 1 }, (_, i) => -1 + (2 * i) / steps).map((value) => drawWindow(toX(value), y, 26, value));
}

const text = (x, y, words, name) => draw("text", { x, y, class: name }, words);
const diamond = (x, y) => `M${x - 8} ${y}L${x} ${y - 8}L${x + 8} ${y}L${x} ${y + 8}Z`;

/** A window with four panes, 9 units wide. */
function drawWindow(x, y, side, brightness) {
  const [unit, panes] = [side / 9, [1, 5]];
  const pane = (left, top) => draw("rect", { x: left * unit, y: top * unit, width: 3 * unit, height: 3 * unit, fill: glass(brightness) });
  const whole = draw("rect", { width: side, height: side, fill: FRAME });
  return draw("g", { transform: `translate(${x - side / 2} ${y - side / 2})` }, whole, ...panes.flatMap((left) => panes.map((top) => pane(left, top))));
}

function paintWindows(element, { lit, answer }) {
  const one = (brightness, side) => draw("svg", { width: side, height: side, "aria-hidden": "true" }, drawWindow(side / 2, side / 2, side, brightness));
  const real = Array.from({ length: 8 }, (_, i) => one(i < lit ? LIT : DARK, 36));
  element.replaceChildren(
    make("p", { class: "play-title" }, t`Eight photographs of this window`),
    make("div", { class: "objective-real-windows" }, ...real),
    make("p", { class: "play-title" }, t`G's window: ${answer.toFixed(2)}, ${look(answer)}`),
    one(answer, 108),
  );
}
