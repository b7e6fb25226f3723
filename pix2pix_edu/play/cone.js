// The cone of one logit: one row for each layer, from the picture down to the logit, and which of its numbers the logit depends on.

import { button, choices, draw, followPointer, make, set } from "./dom.js";
import { inputSpan, outputAt, outputSize, outputStep } from "./receptive_field.js";
import { t } from "./words.js";

const ROW = 52; // CSS pixels of height for each layer
const BAR = 14;
const FINEST = 4; // cells narrower than this are drawn as one bar
const MOST_LAYERS = 8;
export const KERNELS = [3, 4, 5];

export class ConeView {
  /** onMove(column) is called when a pointer drags along a layer, onStack(convs) when a layer is changed. */
  constructor(onMove, onStack) {
    this.onStack = onStack;
    // From the back to the front; the second and the last change with the stack only.
    [this.spread, this.all, this.seen, this.lines] = [1, 2, 3, 4].map(() => draw("g"));
    this.svg = draw("svg", { "aria-hidden": "true" }, this.spread, this.all, this.seen, this.lines);
    this.rows = make("div", { class: "cone-rows" });
    const more = button(t`Add a layer`, () => this.restack((convs) => [...convs, { ...convs.at(-1), stride: 1 }]));
    const fewer = button(t`Remove the last`, () => this.restack((convs) => convs.slice(0, -1)));
    this.buttons = { more, fewer };
    this.kernels = choices(t`Kernel of every layer`, KERNELS.map((kernel) => [kernel, `${kernel} x ${kernel}`]), 4, (kernel) =>
      this.restack((convs) => convs.map((each) => ({ ...each, kernel, padding: 1 }))));
    const title = make("p", { class: "play-title" }, t`One row of pixels through the layers. Change a stride, or drag along a row.`);
    this.element = make("div", { class: "cone" }, title, make("div", { class: "cone-body" }, this.svg, this.rows), make("div", { class: "play-controls" }, this.kernels.element, more, fewer));
    followPointer(this.svg, (x) => onMove(this.columnAt(x)));
  }

  restack(change) {
    this.onStack(change(this.convs));
  }

  paint({ convs, size, column }, resized) {
    const changed = convs !== this.convs || size !== this.size;
    Object.assign(this, { convs, size });
    const layers = Array.from({ length: convs.length + 1 }, (_, layer) => this.layer(layer, column));
    if (changed || resized) this.paintStack(layers);
    this.spread.replaceChildren(...layers.slice(1).map((layer, i) => trapezoid(layers[i], layer, i, this.toX)));
    this.seen.replaceChildren(...layers.flatMap((layer, i) => seenBars(layer, i, this.toX)));
  }

  /** What does not depend on the logit. */
  paintStack(layers) {
    const { convs, size } = this;
    this.kernels.value = convs[0].kernel;
    this.enable(convs.length < MOST_LAYERS, convs.length > 1);
    this.writeRows();
    const width = this.svg.clientWidth || 600;
    const height = ROW * (convs.length + 1);
    set(this.svg, { viewBox: `0 0 ${width} ${height}`, height });
    this.margin = Math.max(0, -inputSpan(convs, 0)[0], inputSpan(convs, Math.max(0, outputSize(convs, size) - 1))[1] - size);
    this.margin = Math.min(this.margin, size / 4);
    const scale = width / (size + 2 * this.margin);
    this.toX = (place) => Math.max(0, Math.min(width, (place + this.margin) * scale));
    this.all.replaceChildren(...layers.map((layer, i) => (layer ? bar(edges(layer, [0, layer.count]), i, this.toX, "cone-all") : "")));
    this.lines.replaceChildren(...layers.map((layer, i) => (layer && layer.step * scale >= FINEST ? cells(layer, i, this.toX) : "")));
  }

  /** A button that is switched off hands its focus to the other, so that the keyboard keeps its place. */
  enable(canAdd, canRemove) {
    const { more, fewer } = this.buttons;
    const focused = document.activeElement;
    [more.disabled, fewer.disabled] = [!canAdd, !canRemove];
    if (focused === more && !canAdd) fewer.focus();
    if (focused === fewer && !canRemove) more.focus();
  }

  /** Where the numbers of a layer are, in pixels of the picture, and which of them the logit depends on. Null if there is none. */
  layer(number, column) {
    const [below, above] = [this.convs.slice(0, number), this.convs.slice(number)];
    const count = outputSize(below, this.size);
    if (!count) return null;
    const [step, [first, afterLast]] = [outputStep(below), inputSpan(below, 0)];
    const start = (first + afterLast - step) / 2; // of the first number's cell
    const seen = outputSize(this.convs, this.size) ? inputSpan(above, column) : null;
    return { count, step, start, seen };
  }

  writeRows() {
    const key = JSON.stringify([this.convs, this.size]);
    if (key === this.written) return;
    this.written = key;
    const [focused, counts] = [[...this.rows.querySelectorAll("select")].indexOf(document.activeElement), cellCounts(this.convs)];
    const rows = counts.map((count, layer) => {
      const conv = this.convs[layer];
      const sum = conv ? `${count} = (${counts[layer + 1]}\u22121)\u00d7${conv.stride} + ${conv.kernel}` : t`1 logit`;
      return make("div", {}, this.name(layer), make("span", { class: "cone-sum" }, sum));
    });
    this.rows.replaceChildren(...rows);
    if (focused >= 0) this.rows.querySelectorAll("select")[focused]?.focus();
  }

  name(layer) {
    const side = outputSize(this.convs.slice(0, layer), this.size);
    if (layer === 0) return make("span", {}, t`picture, ${side} px`);
    const conv = this.convs[layer - 1];
    const select = make("select", { "aria-label": t`Stride of convolution ${layer}` }, ...[1, 2].map((stride) => make("option", { value: stride }, t`stride ${stride}`)));
    select.value = conv.stride;
    select.onchange = () => this.restack((convs) => convs.map((each, i) => (i === layer - 1 ? { ...each, stride: Number(select.value) } : each)));
    const kernel = make("span", { class: "cone-kernel" }, t`${conv.kernel} x ${conv.kernel}, `);
    return make("span", {}, t`conv ${layer}, `, kernel, select, " ", side || t`nothing left`);
  }

  columnAt(share) {
    return outputAt(this.convs, share * (this.size + 2 * this.margin) - this.margin);
  }
}

/** How many numbers of each layer one logit depends on, the picture first. */
function cellCounts(convs) {
  return Array.from({ length: convs.length + 1 }, (_, layer) => {
    const [first, afterLast] = inputSpan(convs.slice(layer), 0);
    return afterLast - first;
  });
}

const edges = ({ start, step }, [first, afterLast]) => [start + first * step, start + afterLast * step];
const top = (row) => row * ROW + ROW - BAR - 4;

function bar([from, to], row, toX, name) {
  return draw("rect", { x: toX(from), width: Math.max(0.5, toX(to) - toX(from)), y: top(row), height: BAR, class: name });
}

/** The numbers of a layer that the logit depends on, and where it reaches beyond them into the padding. */
function seenBars(layer, row, toX) {
  if (!layer?.seen) return [];
  const [first, afterLast] = [Math.max(0, layer.seen[0]), Math.min(layer.count, layer.seen[1])];
  const inside = afterLast > first ? [bar(edges(layer, [first, afterLast]), row, toX, "cone-seen")] : [];
  return [bar(edges(layer, layer.seen), row, toX, "cone-padding"), ...inside];
}

/** The borders between the numbers of a layer. */
function cells(layer, row, toX) {
  const lines = Array.from({ length: layer.count + 1 }, (_, i) => toX(layer.start + i * layer.step).toFixed(1));
  return draw("path", { d: lines.map((x) => `M${x} ${top(row)}v${BAR}`).join(""), class: "cone-lines" });
}

/** Between a layer and the next: what the numbers seen below spread to above. */
function trapezoid(upper, lower, row, toX) {
  if (!upper?.seen || !lower?.seen) return "";
  const [[a, b], [c, d]] = [edges(upper, upper.seen), edges(lower, lower.seen)].map((pair) => pair.map(toX));
  return draw("polygon", { points: `${a},${top(row) + BAR} ${b},${top(row) + BAR} ${d},${top(row + 1)} ${c},${top(row + 1)}`, class: "cone-spread" });
}
