// A tiny pix2pix that trains in the browser: the U-Net, the PatchGAN and the step of the library, with 32 px and few channels.

import { Conv, LeakyReLU, Norm, Sequence, Tanh, TransposedConv } from "./layers.js";

const BETAS = [0.5, 0.999];
const STACKS = { 1: [[1, 1, 0], [1, 1, 0], [1, 1, 0]], 16: [[4, 2, 1], [4, 1, 1], [4, 1, 1]], 34: [[4, 2, 1], [4, 2, 1], [4, 1, 1], [4, 1, 1]] };

/** The U-Net, without dropout. */
export class Generator {
  constructor({ size, depth, width, normal }) {
    const channels = Array.from({ length: depth }, (_, level) => width * Math.min(2 ** level, 8));
    this.down = channels.map((after, level) => {
      const side = size >> level;
      const conv = new Conv(level ? channels[level - 1] : 3, after, side, { stride: 2, bias: false, normal });
      const norm = level > 0 && level < depth - 1 ? [new Norm(after, side / 2, { normal })] : [];
      return new Sequence(conv, ...norm, new LeakyReLU(0.2));
    });
    this.up = [];
    for (let level = depth - 1; level > 0; level -= 1) {
      const [before, side] = [channels[level] * (level === depth - 1 ? 1 : 2), size >> (level + 1)];
      const conv = new TransposedConv(before, channels[level - 1], side, { bias: false, normal });
      this.up.push(new Sequence(new LeakyReLU(0), conv, new Norm(channels[level - 1], 2 * side, { normal })));
    }
    this.last = new Sequence(new LeakyReLU(0), new TransposedConv(2 * channels[0], 3, size / 2, { bias: true, normal }), new Tanh());
    this.parameters = [...this.down, ...this.up, this.last].flatMap((part) => part.parameters);
  }

  forward(x) {
    const levels = [];
    for (const down of this.down) levels.push(down.forward(levels.at(-1) ?? x));
    let h = levels.at(-1);
    this.up.forEach((up, i) => (h = join(levels[levels.length - 2 - i], up.forward(h))));
    return this.last.forward(h);
  }

  backward(dy) {
    const gradients = this.down.map(() => null); // of each level, from its skip
    let d = this.last.backward(dy);
    for (let i = this.up.length - 1; i >= 0; i -= 1) {
      gradients[this.down.length - 2 - i] = d.slice(0, d.length / 2);
      d = this.up[i].backward(d.slice(d.length / 2));
    }
    for (let level = this.down.length - 1; level >= 0; level -= 1) {
      const skip = gradients[level];
      d = this.down[level].backward(skip ? d.map((value, n) => value + skip[n]) : d, { input: level > 0 });
    }
  }
}

/** The PatchGAN: judges each patch of y, given x. */
export class Discriminator {
  constructor({ size, patch, width, normal }) {
    const convs = STACKS[patch];
    const parts = [];
    let [before, side] = [6, size];
    convs.forEach(([kernel, stride, padding], i) => {
      const [first, final] = [i === 0, i === convs.length - 1];
      const after = final ? 1 : width * Math.min(2 ** i, 8);
      const conv = new Conv(before, after, side, { stride, kernel, padding, bias: first || (final && patch > 1), normal });
      [before, side] = [after, conv.side];
      parts.push(conv, ...(first || final ? [] : [new Norm(after, side, { normal })]), ...(final ? [] : [new LeakyReLU(0.2)]));
    });
    this.layers = new Sequence(...parts);
    this.parameters = this.layers.parameters;
    this.side = side;
  }

  forward(x, y) {
    return this.layers.forward(join(x, y));
  }

  /** Add to the gradients of the weights. */
  learn(dlogits) {
    this.layers.backward(dlogits, { input: false });
  }

  /** The gradient at y. */
  criticise(dlogits) {
    const d = this.layers.backward(dlogits, { weights: false });
    return d.slice(d.length / 2);
  }
}

function join(one, other) {
  const both = new Float32Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

export class Adam {
  constructor(parameters, lr) {
    Object.assign(this, { parameters, lr, steps: 0 });
    this.moments = parameters.map(({ value }) => [new Float32Array(value.length), new Float32Array(value.length)]);
  }

  clear() {
    for (const { gradient } of this.parameters) gradient.fill(0);
  }

  step() {
    this.steps += 1;
    const [one, two] = BETAS;
    const [rate, correction] = [this.lr / (1 - one ** this.steps), Math.sqrt(1 - two ** this.steps)];
    this.parameters.forEach(({ value, gradient }, p) => {
      const [mean, square] = this.moments[p];
      for (let n = 0; n < value.length; n += 1) {
        mean[n] = one * mean[n] + (1 - one) * gradient[n];
        square[n] = two * square[n] + (1 - two) * gradient[n] ** 2;
        value[n] -= (rate * mean[n]) / (Math.sqrt(square[n]) / correction + 1e-8);
      }
    });
  }
}

/** -log of the probability that the logits give to the truth, averaged; and its gradient. */
export function logLoss(logits, truth) {
  const sign = truth ? 1 : -1;
  let loss = 0;
  const gradient = logits.map((logit) => {
    const z = sign * logit;
    loss += Math.log1p(Math.exp(-Math.abs(z))) + Math.max(0, -z);
    return -sign / (1 + Math.exp(z)) / logits.length;
  });
  return [loss / logits.length, gradient];
}

/** One step as in training.py: D first, then G against the new D. Returns the losses and the fake. */
export function trainStep({ generator, discriminator, optimizers }, x, y, { l1Weight, ganWeight = 1, trainD = true }) {
  const fake = generator.forward(x);
  optimizers.discriminator.clear();
  const [realLoss, dReal] = logLoss(discriminator.forward(x, y), true);
  discriminator.learn(dReal.map((value) => value / 2));
  const [fakeLoss, dFake] = logLoss(discriminator.forward(x, fake), false);
  discriminator.learn(dFake.map((value) => value / 2));
  if (trainD) optimizers.discriminator.step();

  const logits = discriminator.forward(x, fake);
  const [adversarial, dAdversarial] = logLoss(logits, true);
  const gradient = discriminator.criticise(dAdversarial).map((value) => ganWeight * value);
  let l1 = 0;
  fake.forEach((value, n) => {
    l1 += Math.abs(value - y[n]);
    gradient[n] += (l1Weight * Math.sign(value - y[n])) / fake.length;
  });
  optimizers.generator.clear();
  generator.backward(gradient);
  optimizers.generator.step();
  return { discriminator: (realLoss + fakeLoss) / 2, adversarial, l1: l1 / fake.length, fake };
}
