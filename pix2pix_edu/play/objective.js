// One window, two possible photographs: move G's answer and see what L1, L2 and D charge for it, and where the best answer is.

import { button, choices, draw, followPointer, frame, make, oncePerFrame, pick, sentences, set, slider } from "./dom.js";
import { ANSWERS, DARK, FRAME, LIT, V, density, glass, lowest, solve, total } from "./two_answers.js";
import { t } from "./words.js";

const WEIGHTS = [0, 0.1, 0.3, 1, 3, 10, 30, 100];
const SHARES = [4, 5, 6, 7]; // windows of eight that are lit
const GRAINS = [0.1, 0.2, 0.3];
const [SIDES, SEEN, GAP, LOSSES, STRIP] = [16, 110, 34, 190, 44]; // CSS pixels
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
    choices(t`Distance to y`, [["L1", "L1"], ["L2", "L2"]], now.distance, (distance) => change({ distance })),
    choices(t`Real windows lit`, SHARES.map((lit) => [lit, t`${lit} of 8`]), now.lit, (lit) => change({ lit })),
    choices(t`Grain of the photographs`, GRAINS.map((grain) => [grain, `${grain}`]), now.grain, (grain) => change({ grain })),
  ];
  const { element, caption, tell } = frame("objective", controls.map((control) => control.element));
  const plot = draw("svg", { tabindex: 0, role: "slider", "aria-label": t`G's answer, from dark to lit`, "aria-valuemin": -1, "aria-valuemax": 1 });
  const windows = make("div", { class: "objective-windows" });
  const roll = button(t`Let it roll downhill`, () => start());
  const best = button(t`Take the best answer`, () => change({ answer: ANSWERS[lowest(sums())] }));
  const right = make("div", { class: "objective-right" }, windows, make("div", { class: "play-buttons" }, roll, best), caption);
  const names = [["real", t`real windows`], ["fake", t`G's windows; adversarial term`], ["judge", t`D's best answer`], ["distance", t`λ times distance`], ["total", t`sum`]];
  const legend = make("p", { class: "play-legend" }, ...names.map(([name, words]) => make("span", { class: `objective-${name}` }, words)));
  element.append(make("div", { class: "play-panels" }, make("div", { class: "objective-plot" }, legend, plot), right));

  const sums = () => total(game, now.weight, now.distance);
  const repaint = oncePerFrame(() => {
    paintPlot(plot, game, now, sums());
    paintWindows(windows, now);
    tell(describe(game, now, sums()));
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
    const place = () => Math.round((now.answer + 1) * 100);
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
  followPointer(plot, (x) => change({ answer: clamp(((x * plot.clientWidth - SIDES) / (plot.clientWidth - 2 * SIDES)) * 2 - 1) }));
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

/** The numbers of the figure in words. */
function describe(game, { weight, lit, distance, answer }, sums) {
  const [here, best] = [Math.round((answer + 1) * 100), lowest(sums)];
  const share = t`λ = ${weight}, ${lit} of 8 windows lit.`;
  const charged = t`At G's answer ${answer.toFixed(2)} the adversarial term is ${game.adversarial[here].toFixed(3)} and λ ${distance} is ${(weight * game[distance][here]).toFixed(3)}.`;
  return sentences(share, charged, t`The best answer is ${ANSWERS[best].toFixed(2)}, ${look(ANSWERS[best])}.`);
}

/** What a window of this brightness looks like. */
function look(brightness) {
  if (brightness > 0.75 * LIT) return t`a lit window`;
  return brightness < 0.75 * DARK ? t`a dark window` : t`neither lit nor dark`;
}

function paintPlot(svg, game, { weight, distance, answer, grain }, sums) {
  const width = svg.clientWidth || 560;
  const height = SEEN + GAP + LOSSES + 26 + STRIP;
  set(svg, { viewBox: `0 0 ${width} ${height}`, height, "aria-valuenow": answer, "aria-valuetext": t`${answer.toFixed(2)}, ${look(answer)}` });
  const toX = (value) => SIDES + ((value + 1) / 2) * (width - 2 * SIDES);
  const [bottom, floor] = [SEEN, SEEN + GAP + LOSSES];
  const fake = density(answer, grain);
  const tallest = 1.05 * Math.max(...fake, ...game.real);
  const seen = [...V.keys()].filter((i) => Math.abs(V[i]) <= 1);
  const curve = (points) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
  const densities = (values, scale) => curve(seen.map((i) => [toX(V[i]), bottom - (values[i] / scale) * (SEEN - 18)]));
  const terms = { adversarial: game.adversarial, distance: game[distance].map((value) => weight * value), total: sums };
  const highest = 1.1 * (Math.max(...sums) - Math.min(...sums));
  const above = (values) => {
    const least = Math.min(...values);
    return curve(values.map((value, i) => [toX(ANSWERS[i]), floor - Math.min(1.02, (value - least) / highest) * LOSSES]));
  };
  const [here, best] = [Math.round((answer + 1) * 100), lowest(sums)];
  const heightOf = (i) => floor - ((sums[i] - Math.min(...sums)) / highest) * LOSSES;
  const D = V.map((_, i) => game.real[i] / (game.real[i] + fake[i]));
  svg.replaceChildren(
    text(SIDES, 12, t`What D sees`, "objective-head"),
    draw("path", { d: `${densities(game.real, tallest)}V${bottom}H${toX(-1)}Z`, class: "objective-real" }),
    draw("path", { d: densities(fake, tallest), class: "objective-fake" }),
    draw("path", { d: densities(D, 1), class: "objective-judge" }),
    draw("path", { d: `M${toX(-1)} ${bottom}H${toX(1)}M${toX(-1)} ${floor}H${toX(1)}`, class: "objective-axis" }),
    text(SIDES, bottom + GAP - 8, t`What G minimises: adversarial + λ ${distance}`, "objective-head"),
    ...Object.entries(terms).map(([name, values]) => draw("path", { d: above(values), class: `objective-${name}` })),
    draw("path", { d: `M${toX(answer)} 18V${floor}`, class: "objective-handle" }),
    draw("path", { d: diamond(toX(ANSWERS[best]), heightOf(best)), class: "objective-best" }),
    draw("circle", { cx: toX(answer), cy: heightOf(here), r: 8, class: "objective-ball" }),
    ...[-1, DARK, 0, LIT, 1].map((value) => text(toX(value), floor + 16, value === DARK ? t`dark` : value === LIT ? t`lit` : value, "objective-tick")),
    ...Array.from({ length: 11 }, (_, i) => -1 + i / 5).map((value) => drawWindow(toX(value), floor + 26 + STRIP / 2, 26, value)),
  );
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
