// A training that goes on in slices of time, so that it can be watched and changed: in a worker, or between two frames of the page.

import { normals } from "./random.js";
import { Adam, Discriminator, Generator, trainStep } from "./tiny_pix2pix.js";

const NETWORKS = { depth: 3, width: 8 };
const LR = 1e-3;

/** pairs and tests: [{x, y}], as Float32Arrays (3, size, size) in [-1, 1]; id: a number that each answer carries. */
class Trainer {
  constructor({ id, size, pairs, tests, seed = 0, patch = 16 }) {
    Object.assign(this, { id, size, pairs, tests, seed, patch, step: 0, settings: { l1Weight: 100, ganWeight: 1, trainD: true } });
    const normal = normals(seed);
    this.generator = new Generator({ size, ...NETWORKS, normal });
    this.optimizers = { generator: new Adam(this.generator.parameters, LR) };
    this.takePatch(patch);
  }

  /** A new, untrained D. */
  takePatch(patch) {
    this.patch = patch;
    this.discriminator = new Discriminator({ size: this.size, patch, width: NETWORKS.width, normal: normals(this.seed + 1) });
    this.optimizers.discriminator = new Adam(this.discriminator.parameters, LR);
  }

  change({ patch = this.patch, ...settings }) {
    if (patch !== this.patch) this.takePatch(patch);
    Object.assign(this.settings, settings);
  }

  /** Train for at least one step, and for so many milliseconds. Returns the losses of each step. */
  train(milliseconds) {
    const end = performance.now() + milliseconds;
    const losses = [];
    do {
      if (this.step % this.pairs.length === 0) this.order = shuffle(this.pairs.length, this.seed + this.step);
      const { x, y } = this.pairs[this.order[this.step % this.pairs.length]];
      const { discriminator, adversarial, l1 } = trainStep(this, x, y, this.settings);
      this.step += 1;
      losses.push([this.step, discriminator, adversarial, l1]);
    } while (performance.now() < end);
    return losses;
  }

  /** What G makes of each test, and D's logits for it. */
  look() {
    const fakes = this.tests.map(({ x }) => this.generator.forward(x));
    const logits = fakes.map((fake, i) => this.discriminator.forward(this.tests[i].x, fake));
    return { fakes, logits, side: this.discriminator.side };
  }
}

/** The numbers below `count` in an order that the seed decides. */
function shuffle(count, seed) {
  const normal = normals(seed);
  const keys = Array.from({ length: count }, normal);
  return keys.map((_, i) => i).sort((i, j) => keys[i] - keys[j]);
}

/** Answer messages {create}, {change}, {run: true or false} and {once: true} with {id, losses, step, fakes, logits, side} through `post`. */
export function serve(post) {
  const [slice, every] = [40, 200]; // milliseconds: of training between two messages, and between two looks
  let [trainer, running, timer, looked] = [null, false, 0, 0];
  const report = (losses, look) => post({ id: trainer.id, losses, step: trainer.step, ...(look ? trainer.look() : {}) });

  function go() {
    const due = performance.now() - looked > every;
    if (due) looked = performance.now();
    report(trainer.train(slice), due);
    timer = running ? setTimeout(go) : 0;
  }

  return ({ create, change, run, once }) => {
    if (create) trainer = new Trainer(create);
    if (!trainer) return;
    if (change) trainer.change(change);
    if (run !== undefined) running = run;
    if (!running) {
      clearTimeout(timer); // a slice that waits would train the next training
      timer = 0;
    }
    if (once) report(trainer.train(0), true);
    if (create || change || run === false) report([], true);
    if (running && !timer) timer = setTimeout(go);
  };
}
