// The game of one window that is lit in some photographs and dark in the others, solved as in classroom/objective/figures.py.

export const [LIT, DARK] = [0.6, -0.6]; // the two brightnesses of a real window
const COLOURS = { night: [0.17, 0.22, 0.33], lamp: [1.0, 0.87, 0.55], frame: [0.54, 0.5, 0.45] };
const range = (from, to, count) => Float64Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

export const V = range(-2.6, 2.6, 521); // brightness
export const ANSWERS = range(-1, 1, 201); // what G could answer

const bell = (v, middle, grain) => Math.exp(-(((v - middle) / grain) ** 2) / 2) / (grain * Math.sqrt(2 * Math.PI));

/** The density of the fakes at each brightness, if G answers g. */
export const density = (g, grain) => V.map((v) => bell(v, g, grain));

/** For each answer: the adversarial term against the best D, and the mean distance and squared distance to y. */
export function solve(litShare, grain) {
  const dv = V[1] - V[0];
  const real = V.map((v) => litShare * bell(v, LIT, grain) + (1 - litShare) * bell(v, DARK, grain));
  const distances = [1, 2].map((power) => V.map((at) => V.reduce((sum, v, i) => sum + real[i] * Math.abs(at - v) ** power, 0) * dv));
  const terms = { adversarial: [], L1: [], L2: [] };
  for (const g of ANSWERS) {
    const fake = density(g, grain);
    const sums = [0, 0, 0];
    for (let i = 0; i < V.length; i += 1) {
      const both = real[i] + fake[i];
      sums[0] += xlogx(real[i], both) + xlogx(fake[i], both);
      sums[1] += fake[i] * distances[0][i];
      sums[2] += fake[i] * distances[1][i];
    }
    ["adversarial", "L1", "L2"].forEach((name, i) => terms[name].push(sums[i] * dv));
  }
  return { litShare, grain, real, ...terms };
}

const xlogx = (part, both) => (part > 0 ? part * Math.log(part / both) : 0);

/** What G minimises, for each answer: the adversarial term plus lambda times a distance. */
export const total = (game, weight, distance) => game.adversarial.map((value, i) => value + weight * game[distance][i]);

/** The place of the lowest value; of two that are equal to nine decimals, the last. */
export function lowest(values) {
  const rounded = values.map((value) => Math.round(value * 1e9));
  return rounded.lastIndexOf(Math.min(...rounded));
}

/** The colour of the glass of a window of this brightness, and of its frame. */
export function glass(brightness) {
  const share = Math.max(0, Math.min(1, (brightness - DARK) / (LIT - DARK)));
  return toCss(COLOURS.night.map((dark, i) => dark + share * (COLOURS.lamp[i] - dark)));
}

export const FRAME = toCss(COLOURS.frame);

function toCss(rgb) {
  return `rgb(${rgb.map((value) => Math.round(255 * value)).join(", ")})`;
}
