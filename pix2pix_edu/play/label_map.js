// A label map: a class number for each pixel, drawn stroke by stroke, with undo and redo.

import { toRgb } from "./dom.js";

export const RECTANGLE = "rectangle"; // the tool that is no brush
const STEPS_KEPT = 100; // for undo

/** Samples as they come in JSON, {name, labels: one character for each pixel}, with their labels as numbers. */
export function readSamples(samples) {
  return samples.map(({ name, labels }) => ({ name, labels: Uint8Array.from(labels, (digit) => parseInt(digit, 36)) }));
}

/** Paint class numbers in their colours on a canvas, one pixel each. */
export function paintLabels(canvas, labels, classes) {
  const colours = classes.map(toRgb);
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  labels.forEach((value, place) => image.data.set([...colours[value], 255], 4 * place));
  context.putImageData(image, 0, 0);
}

/** A label map with its undo and redo history. A stroke lasts from begin() to end() or abandon(). */
export class LabelMap {
  constructor(size) {
    Object.assign(this, { size, labels: new Uint8Array(size * size), past: [], future: [], stroke: null });
  }

  begin(x, y) {
    this.stroke = { before: this.labels.slice(), start: [x, y], last: [x, y] };
  }

  drawTo(x, y, tool, label) {
    const { before, start, last } = this.stroke;
    if (tool === RECTANGLE) {
      this.labels.set(before); // the rectangle follows the pointer
      this.fill(Math.min(start[0], x), Math.min(start[1], y), Math.max(start[0], x) + 1, Math.max(start[1], y) + 1, label);
      return;
    }
    const steps = Math.max(1, Math.abs(x - last[0]), Math.abs(y - last[1]));
    for (let step = 0; step <= steps; step += 1) {
      const [left, top] = [x, y].map((end, axis) => Math.round(last[axis] + ((end - last[axis]) * step) / steps) - ((tool - 1) >> 1));
      this.fill(left, top, left + tool, top + tool, label);
    }
    this.stroke.last = [x, y];
  }

  fill(left, top, right, bottom, label) {
    for (let row = Math.max(0, top); row < Math.min(this.size, bottom); row += 1) {
      const [from, to] = [left, right].map((column) => row * this.size + Math.max(0, Math.min(this.size, column)));
      this.labels.fill(label, from, to);
    }
  }

  /** End the stroke and return how many pixels it changed. */
  end() {
    const { before } = this.stroke;
    const count = this.labels.reduce((sum, value, place) => sum + (value !== before[place]), 0);
    if (count) {
      this.past = [...this.past, before].slice(-STEPS_KEPT);
      this.future = [];
    }
    this.stroke = null;
    return count;
  }

  abandon() {
    this.labels.set(this.stroke.before);
    this.stroke = null;
  }

  /** Restore the last state in `from` and add the present one to `to`. Return false if there is none. */
  travel(from, to) {
    if (!from.length) return false;
    to.push(this.labels.slice());
    this.labels.set(from.pop());
    return true;
  }
}
