// What a trained D says of each patch of a real house and of G's: point at a patch and read both probabilities.

import { choices, draw, followArrows, followPointer, frame, make, oncePerFrame, scaleWhole, sentences, toggle, whole } from "./dom.js";
import { paintVerdict, verdictLegend } from "./pixels.js";
import { inputSpan, outputAt, outputStep, receptiveField, toConvs } from "./receptive_field.js";
import { t } from "./words.js";

/**
 * data: {size, houses: [url], judges: {patch: {convs: [[kernel, stride, padding]], side, houses: [{fake: url, p_real: [p], p_fake: [p]}]}}}.
 * The probabilities are those of "real" in thousandths, row by row. state: {patch, house, row, column}. Returns {element}.
 */
export function createVerdict(data, state = {}, onState = () => {}) {
  const now = { patch: Object.hasOwn(data.judges, state.patch ?? "") ? Number(state.patch) : 16, house: whole(state.house, 1), row: whole(state.row, 15), column: whole(state.column, 15) };
  now.house = Math.max(1, Math.min(data.houses.length, now.house));
  let coloured = true;
  const patches = choices(t`D's patch, px`, Object.keys(data.judges).map((patch) => [Number(patch), patch]), now.patch, (patch) => change({ patch }));
  const houses = choices(t`House`, data.houses.map((_, i) => [i + 1, `${i + 1}`]), now.house, (house) => change({ house }));
  const colours = toggle(t`D's verdict in colour`, true, (on) => {
    coloured = on;
    repaint();
  });
  const { element, caption, tell } = frame("verdict", [patches.element, houses.element, colours.element]);
  const views = [new View(data.size, t`the real photograph y`), new View(data.size, t`G(x), the fake`)];
  element.append(verdictLegend(), make("div", { class: "play-panels" }, ...views.map((view) => view.element)), caption);
  const judge = () => data.judges[now.patch];
  const convs = () => toConvs(judge().convs);
  const repaint = oncePerFrame(() => {
    const { side, houses: seen } = judge();
    const { fake, p_real, p_fake } = seen[now.house - 1];
    const [real, faked] = [p_real, p_fake].map((values) => values.map((value) => value / 1000));
    views[0].paint(data.houses[now.house - 1], real, side, convs(), now, coloured);
    views[1].paint(fake, faked, side, convs(), now, coloured);
    const at = now.row * side + now.column;
    const mean = (values) => (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(2);
    const one = t`Patch ${now.patch}, logit (${now.row}, ${now.column}) of ${side} x ${side}: D gives the real patch ${real[at].toFixed(2)} and the fake one ${faked[at].toFixed(2)}.`;
    tell(sentences(one, t`Means over the picture: ${mean(real)} and ${mean(faked)}.`));
  });

  function change(values) {
    Object.assign(now, values);
    const last = judge().side - 1;
    for (const axis of ["row", "column"]) now[axis] = Math.max(0, Math.min(last, now[axis]));
    repaint();
    onState({ ...now });
  }

  for (const { overlay } of views) {
    followPointer(overlay, (x, y) => change({ row: outputAt(convs(), y * data.size), column: outputAt(convs(), x * data.size) }));
    followArrows(overlay, (down, right) => change({ row: now.row + down, column: now.column + right }));
  }
  change({});
  return { element };
}

class View {
  constructor(size, title) {
    this.size = size;
    this.picture = make("img", { alt: "" });
    this.verdict = make("canvas", { class: "verdict-colours" });
    this.overlay = draw("svg", { viewBox: `0 0 ${size} ${size}`, tabindex: 0, role: "application", "aria-label": t`${title}: choose a patch with the arrow keys` });
    const box = make("div", { class: "verdict-picture" }, this.picture, this.verdict, this.overlay);
    this.element = make("figure", {}, box, make("figcaption", {}, title));
    scaleWhole(box, size);
  }

  /** The map of verdicts lies over the picture, each cell at the middle of its patch. */
  paint(src, probabilities, side, convs, { row, column }, coloured) {
    if (this.src !== src) this.picture.src = this.src = src;
    this.verdict.hidden = !coloured;
    paintVerdict(this.verdict, probabilities.map((p) => Math.log(p / (1 - p))), side, true);
    const [[first, afterLast], step, field] = [inputSpan(convs, 0), outputStep(convs), receptiveField(convs)];
    const percent = (pixels) => `${(100 * pixels) / this.size}%`;
    const start = (first + afterLast - step) / 2;
    Object.assign(this.verdict.style, { left: percent(start), top: percent(start), width: percent(side * step), height: percent(side * step) });
    const [x, y] = [inputSpan(convs, column)[0], inputSpan(convs, row)[0]];
    const outline = (name) => draw("rect", { x, y, width: field, height: field, class: name });
    this.overlay.replaceChildren(outline("patch-edge"), outline("patch-square"));
  }
}
