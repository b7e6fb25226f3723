// What one logit of the PatchGAN sees: a square to drag over a picture, its cell on the map, and its cone through the layers.

import { ConeView, KERNELS } from "./cone.js";
import { choices, draw, followArrows, followPointer, frame, make, oncePerFrame, pick, sentences, set, whole, write } from "./dom.js";
import { inputSpan, outputAt, outputSize, outputStep, receptiveField, toConvs, votes, whollyInside } from "./receptive_field.js";
import { t } from "./words.js";

const MARGIN = 20; // CSS pixels of padding that are visible around the picture
const MAP = 200; // CSS pixels, at most, of the map's side

/**
 * data: {pictures: {side: url}, stacks: {patch: [[kernel, stride, padding]]}, parameters: {patch: count}}.
 * state: {patch, or strides and a kernel; size, row, column, shown}, all of which may be missing.
 * onState(state) is called after each change. Returns {element}.
 */
export function createPatch(data, state = {}, onState = () => {}) {
  const now = { size: 256, row: 15, column: 15, shown: "patch", ...readStack(data, state) };
  for (const name of ["size", "row", "column"]) now[name] = whole(state[name], now[name]);
  if (!Object.hasOwn(data.pictures, now.size)) now.size = 256;
  const kinds = [["patch", t`one patch`], ["neighbours", t`its neighbours too`], ["votes", t`votes`]];
  if (kinds.some(([name]) => name === state.shown)) now.shown = state.shown;

  const patches = choices(t`Patch`, Object.keys(data.stacks).map((patch) => [Number(patch), patch]), now.patch, (patch) =>
    change({ patch, convs: toConvs(data.stacks[patch]) }));
  const sizes = choices(t`Picture, px`, Object.keys(data.pictures).map((side) => [Number(side), side]), now.size, (size) =>
    change({ size, row: Math.round((now.row * size) / now.size), column: Math.round((now.column * size) / now.size) }));
  const shown = choices(t`Show`, kinds, now.shown, (value) => change({ shown: value }));
  const picture = new PictureView(data, (row, column) => change({ row, column }));
  const map = new MapView((row, column) => change({ row, column }));
  const cone = new ConeView((column) => change({ column }), (convs) => change({ convs, patch: patchOf(data, convs) }));
  const { element, caption, tell } = frame("patch", [patches.element, sizes.element, shown.element]);
  element.append(make("div", { class: "play-panels" }, picture.element, make("div", { class: "patch-right" }, map.element, caption)), cone.element);
  const repaint = oncePerFrame(paint);
  let resized = true;

  /** Take the logit of another stack whose patch lies nearest to where the square is. */
  function stay(convs) {
    for (const axis of ["row", "column"]) {
      const [first, afterLast] = inputSpan(now.convs, now[axis]);
      now[axis] = outputAt(convs, (first + afterLast) / 2);
    }
  }

  function change(values) {
    if (values.convs) stay(values.convs);
    Object.assign(now, values);
    const last = Math.max(0, outputSize(now.convs, now.size) - 1);
    now.row = Math.max(0, Math.min(last, now.row));
    now.column = Math.max(0, Math.min(last, now.column));
    repaint();
    onState({ size: now.size, row: now.row, column: now.column, shown: now.shown, ...writeStack(now) });
  }

  function paint() {
    patches.value = now.patch;
    sizes.value = now.size;
    picture.paint(now, resized);
    map.paint(now);
    cone.paint(now, resized);
    resized = false;
    tell(describe(now, data.parameters));
  }

  new ResizeObserver(() => {
    resized = true;
    repaint();
  }).observe(element);
  change({});
  return { element };
}

const sameStack = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const count = (side) => (side ** 2).toLocaleString("en");
const strides = (convs) => convs.map(({ stride }) => stride).join("");

/** The known patch that these convolutions give, or null. */
function patchOf({ stacks }, convs) {
  const known = Object.keys(stacks).find((patch) => sameStack(toConvs(stacks[patch]), convs));
  return known ? Number(known) : null;
}

function readStack(data, state) {
  if (/^[12]{1,8}$/.test(state.strides ?? "")) {
    const kernel = pick(KERNELS, state.kernel, 4);
    const convs = [...`${state.strides}`].map((stride) => ({ kernel, stride: Number(stride), padding: 1 }));
    return { convs, patch: patchOf(data, convs) };
  }
  const patch = Object.hasOwn(data.stacks, state.patch ?? "") ? Number(state.patch) : 70;
  return { patch, convs: toConvs(data.stacks[patch]) };
}

const writeStack = ({ patch, convs }) => (patch === null ? { strides: strides(convs), kernel: convs[0].kernel } : { patch });

/** The numbers of the figure in words. */
function describe({ convs, size, row, column, patch }, parameters) {
  const [field, side] = [receptiveField(convs), outputSize(convs, size)];
  if (!side) return t`A patch of ${field} px on a picture of ${size} px: no logit is left. Take a larger picture or a smaller patch.`;
  const spans = [row, column].map((index) => inputSpan(convs, index));
  const outside = spans.some(([first, afterLast]) => first < 0 || afterLast > size);
  const [rows, columns] = spans.map(([first, afterLast]) => t`${first} to ${afterLast - 1}`);
  const seen = votes(convs, size);
  const [from, to] = whollyInside(convs, size);
  const [fewest, most] = [Math.min(...seen) ** 2, Math.max(...seen) ** 2];
  return sentences(
    t`Patch ${field} on a ${size} px picture: ${side} x ${side} logits, ${outputStep(convs)} px from patch to patch.`,
    outside
      ? t`Logit (${row}, ${column}) sees rows ${rows} and columns ${columns}; what lies outside the picture is padding, zeros.`
      : t`Logit (${row}, ${column}) sees rows ${rows} and columns ${columns}.`,
    t`${count(to - from)} of ${count(side)} patches are wholly inside. A pixel is seen by ${fewest} to ${most} logits.`,
    parameters[patch] && t`The paper's D of this patch has ${parameters[patch].toLocaleString("en")} parameters.`,
  );
}

/** The picture with the patch on it, inside a margin that stands for the padding. */
class PictureView {
  constructor({ pictures }, onMove) {
    this.pictures = Object.fromEntries(Object.entries(pictures).map(([side, src]) => [side, Object.assign(new Image(), { src })]));
    this.canvas = make("canvas");
    this.overlay = draw("svg", { tabindex: 0, role: "application", "aria-label": t`The patch on the picture: move it with the arrow keys` });
    this.box = make("div", { class: "patch-picture" }, this.canvas, this.overlay);
    this.element = make("div", { class: "patch-left" }, this.box);
    scaleWholeInside(this);
    followPointer(this.overlay, (x, y) => {
      const { size, convs } = this.now;
      const place = (share, span) => share * (size + 2 * span) - span;
      onMove(outputAt(convs, place(y, this.margin)), outputAt(convs, place(x, this.margin)));
    });
    followArrows(this.overlay, (down, right) => onMove(this.now.row + down, this.now.column + right));
  }

  /** Where things are on the page is asked only when that may have changed: the answer makes a drag wait. */
  measure(size) {
    this.fit(size);
    this.width = this.canvas.getBoundingClientRect().width || size;
    this.margin = (MARGIN * size) / this.width;
    this.measured = size;
    set(this.overlay, { viewBox: [-this.margin, -this.margin, size + 2 * this.margin, size + 2 * this.margin].join(" ") });
  }

  paint(now, resized) {
    this.now = now;
    const { size, convs, row, column, shown } = now;
    if (resized || size !== this.measured) this.measure(size);
    this.paintPixels(now);
    const side = outputSize(convs, size);
    if (!side) return this.overlay.replaceChildren();
    const around = shown === "neighbours" ? [-1, 0, 1] : [];
    const others = around.flatMap((down) => around.map((right) => [row + down, column + right]));
    const inside = others.filter((place) => place.every((index) => index >= 0 && index < side));
    this.overlay.replaceChildren(
      ...inside.map(([r, c]) => outline(convs, r, c, "patch-other")),
      ...(receptiveField(convs) * this.width < 6 * size ? [ring(convs, row, column, (9 * size) / this.width)] : []),
      outline(convs, row, column, "patch-edge"),
      outline(convs, row, column, "patch-square"),
    );
    return undefined;
  }

  paintPixels({ size, convs, shown }) {
    const key = JSON.stringify([size, shown === "votes" && convs]);
    if (key === this.painted) return;
    const image = this.pictures[size];
    if (!image.complete || !image.naturalWidth) {
      image.onload = () => this.paintPixels(this.now);
      return;
    }
    this.painted = key;
    this.canvas.width = this.canvas.height = size;
    const context = this.canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0, size, size);
    if (shown === "votes") paintVotes(context, votes(convs, size));
  }
}

/** Keep the canvas at a whole number of screen pixels for each of its own, or as wide as fits if it is larger than its place. */
function scaleWholeInside(view) {
  view.fit = (size) => {
    const available = Math.min(512, view.element.clientWidth - 2 * MARGIN - 2) * devicePixelRatio;
    if (available <= 0) return;
    const width = available >= size ? Math.floor(available / size) * size : available;
    view.canvas.style.width = view.canvas.style.height = `${width / devicePixelRatio}px`;
    view.box.style.width = `${width / devicePixelRatio + 2 * MARGIN}px`;
  };
}

function outline(convs, row, column, name) {
  const [[top], [left], side] = [inputSpan(convs, row), inputSpan(convs, column), receptiveField(convs)];
  return draw("rect", { x: left, y: top, width: side, height: side, class: name });
}

function ring(convs, row, column, radius) {
  const middle = ([first, afterLast]) => (first + afterLast) / 2;
  return draw("circle", { cx: middle(inputSpan(convs, column)), cy: middle(inputSpan(convs, row)), r: radius, class: "patch-square" });
}

/** Darken each pixel by the share of the most votes that it lacks. */
function paintVotes(context, counts) {
  const most = Math.max(...counts) || 1;
  const image = context.getImageData(0, 0, counts.length, counts.length);
  for (let place = 0; place < counts.length ** 2; place += 1) {
    const share = (counts[Math.floor(place / counts.length)] * counts[place % counts.length]) / most ** 2;
    for (let channel = 0; channel < 3; channel += 1) image.data[4 * place + channel] *= 0.08 + 0.92 * share;
  }
  context.putImageData(image, 0, 0);
}

/** The map of logits, dark where a patch is wholly inside the picture. */
class MapView {
  constructor(onMove) {
    this.canvas = make("canvas");
    this.cell = make("div", { class: "patch-cell" });
    this.box = make("div", { class: "patch-map" }, this.canvas, this.cell);
    this.title = make("p", { class: "play-title" });
    this.legend = make("p", { class: "play-small" });
    this.element = make("div", { class: "patch-logits" }, this.title, this.box, this.legend);
    followPointer(this.box, (x, y) => onMove(Math.floor(y * this.side), Math.floor(x * this.side)));
  }

  paint({ convs, size, row, column }) {
    this.side = outputSize(convs, size);
    const [side, [from, to]] = [this.side, whollyInside(convs, size)];
    write(this.title, side ? t`D's map: ${side} x ${side} logits` : t`No logit is left`);
    write(this.legend, side ? t`${count(to - from)} dark: the patch is wholly inside` : "");
    this.box.hidden = !side;
    if (!side) return;
    const gap = side <= 40 ? 1 : 0;
    const scale = Math.max(1, Math.floor(MAP / side));
    const key = [side, from, to].join();
    if (key !== this.painted) {
      this.painted = key;
      this.canvas.width = this.canvas.height = side * scale;
      this.canvas.style.width = this.canvas.style.height = `${Math.min(side * scale, MAP)}px`;
      const context = this.canvas.getContext("2d");
      for (let place = 0; place < side * side; place += 1) {
        const [r, c] = [Math.floor(place / side), place % side];
        const dark = [r, c].every((index) => index >= from && index < to);
        context.fillStyle = dark ? "#5b6b7a" : "#aab6c1";
        context.fillRect(c * scale, r * scale, scale - gap, scale - gap);
      }
    }
    const share = Math.max(100 / side, 2.5);
    Object.assign(this.cell.style, { width: `${share}%`, height: `${share}%` });
    Object.assign(this.cell.style, { left: `${(100 * (column + 0.5)) / side - share / 2}%`, top: `${(100 * (row + 0.5)) / side - share / 2}%` });
  }
}
