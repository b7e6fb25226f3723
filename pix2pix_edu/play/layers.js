// Layers with forward and backward passes, for one picture at a time, in plain typed arrays: enough to train a tiny pix2pix.
// A layer has forward(x) -> y, backward(dy) -> dx, which also adds to the gradients, and parameters: [{value, gradient}].
// What nobody needs can be left out: backward(dy, {weights: false}) leaves the gradients alone, {input: false} returns no dx.

const KERNEL = 4;
const PADDING = 1;

/** Weights with room for their gradients. */
export function parameter(count, value) {
  return { value: Float32Array.from({ length: count }, value), gradient: new Float32Array(count) };
}

/**
 * c (rows x columns) += a (rows x inner) b (inner x columns). With `turned`, a is stored as inner x rows.
 * Almost all the time of a training is spent here. Blocks of 4 by 4 numbers of a halve it.
 */
function multiply(a, b, c, rows, inner, columns, turned = false) {
  const down = turned ? 1 : inner; // from a number of a to the one below it, and to the one on its right
  const right = turned ? rows : 1;
  let r = 0;
  for (; r + 3 < rows; r += 4) {
    let i = 0;
    for (; i + 3 < inner; i += 4) addBlock(a, r * down + i * right, down, right, b, i * columns, c, r * columns, columns);
    for (; i < inner; i += 1) {
      for (let k = r; k < r + 4; k += 1) addRow(a[k * down + i * right], b, i * columns, c, k * columns, columns);
    }
  }
  for (; r < rows; r += 1) for (let i = 0; i < inner; i += 1) addRow(a[r * down + i * right], b, i * columns, c, r * columns, columns);
}

/** Add four rows of b to each of four rows of c, each times its number of a. */
function addBlock(a, at, down, right, b, from, c, to, count) {
  const two = at + down;
  const three = two + down;
  const four = three + down;
  const [p, q, r] = [right, 2 * right, 3 * right];
  const [a0, a1, a2, a3] = [a[at], a[at + p], a[at + q], a[at + r]];
  const [b0, b1, b2, b3] = [a[two], a[two + p], a[two + q], a[two + r]];
  const [c0, c1, c2, c3] = [a[three], a[three + p], a[three + q], a[three + r]];
  const [d0, d1, d2, d3] = [a[four], a[four + p], a[four + q], a[four + r]];
  for (let n = 0; n < count; n += 1) {
    const w = b[from + n];
    const x = b[from + count + n];
    const y = b[from + 2 * count + n];
    const z = b[from + 3 * count + n];
    c[to + n] += a0 * w + a1 * x + a2 * y + a3 * z;
    c[to + count + n] += b0 * w + b1 * x + b2 * y + b3 * z;
    c[to + 2 * count + n] += c0 * w + c1 * x + c2 * y + c3 * z;
    c[to + 3 * count + n] += d0 * w + d1 * x + d2 * y + d3 * z;
  }
}

function addRow(factor, b, from, c, to, count) {
  for (let n = 0; n < count; n += 1) c[to + n] += factor * b[from + n];
}

function transpose(matrix, rows, columns) {
  const turned = new Float32Array(matrix.length);
  for (let r = 0; r < rows; r += 1) for (let n = 0; n < columns; n += 1) turned[n * rows + r] = matrix[r * columns + n];
  return turned;
}

/** Add to each total the sum of its channel. */
function addSums(values, totals) {
  const pixels = values.length / totals.length;
  for (let n = 0; n < values.length; n += 1) totals[Math.floor(n / pixels)] += values[n];
}

/** For each number under the kernel, a row with that number at every place of the kernel; `places` is how often the kernel fits. */
class Unfolding {
  constructor(channels, side, kernel, stride, padding) {
    const places = Math.floor((side + 2 * padding - kernel) / stride) + 1;
    Object.assign(this, { channels, side, places, rows: channels * kernel * kernel, columns: places * places });
    this.index = new Int32Array(this.rows * this.columns); // of the pixel that each number comes from; -1 is padding
    let n = 0;
    for (let channel = 0; channel < channels; channel += 1) {
      for (let offset = 0; offset < kernel * kernel; offset += 1) {
        for (let place = 0; place < this.columns; place += 1, n += 1) {
          const row = Math.floor(place / places) * stride + Math.floor(offset / kernel) - padding;
          const column = (place % places) * stride + (offset % kernel) - padding;
          const inside = row >= 0 && row < side && column >= 0 && column < side;
          this.index[n] = inside ? (channel * side + row) * side + column : -1;
        }
      }
    }
  }

  unfold(image) {
    const columns = new Float32Array(this.index.length);
    for (let n = 0; n < columns.length; n += 1) if (this.index[n] >= 0) columns[n] = image[this.index[n]];
    return columns;
  }

  /** The image to which each number is added at the pixel that it would come from. */
  fold(columns) {
    const image = new Float32Array(this.channels * this.side * this.side);
    for (let n = 0; n < columns.length; n += 1) if (this.index[n] >= 0) image[this.index[n]] += columns[n];
    return image;
  }
}

export class Conv {
  constructor(before, after, side, { stride, kernel = KERNEL, padding = PADDING, bias, normal }) {
    this.unfolding = new Unfolding(before, side, kernel, stride, padding);
    this.after = after;
    this.side = this.unfolding.places;
    this.weight = parameter(after * this.unfolding.rows, () => 0.02 * normal());
    this.bias = bias ? parameter(after, () => 0) : null;
    this.parameters = [this.weight, ...(bias ? [this.bias] : [])];
  }

  forward(x) {
    const { rows, columns } = this.unfolding;
    this.unfolded = this.unfolding.unfold(x);
    const y = new Float32Array(this.after * columns);
    if (this.bias) for (let n = 0; n < y.length; n += 1) y[n] = this.bias.value[Math.floor(n / columns)];
    multiply(this.weight.value, this.unfolded, y, this.after, rows, columns);
    return y;
  }

  backward(dy, { weights = true, input = true } = {}) {
    const { rows, columns } = this.unfolding;
    if (weights) {
      multiply(dy, transpose(this.unfolded, rows, columns), this.weight.gradient, this.after, columns, rows);
      if (this.bias) addSums(dy, this.bias.gradient);
    }
    if (!input) return null;
    const back = new Float32Array(rows * columns);
    multiply(this.weight.value, dy, back, rows, this.after, columns, true);
    return this.unfolding.fold(back);
  }
}

/** A transposed convolution that doubles the side: the backward pass of a convolution, used forward. */
export class TransposedConv {
  constructor(before, after, side, { bias, normal }) {
    this.unfolding = new Unfolding(after, 2 * side, KERNEL, 2, PADDING);
    this.before = before;
    this.side = 2 * side;
    this.weight = parameter(before * this.unfolding.rows, () => 0.02 * normal());
    this.bias = bias ? parameter(after, () => 0) : null;
    this.parameters = [this.weight, ...(bias ? [this.bias] : [])];
  }

  forward(x) {
    const { rows, columns } = this.unfolding;
    this.x = x;
    const spread = new Float32Array(rows * columns);
    multiply(this.weight.value, x, spread, rows, this.before, columns, true);
    const y = this.unfolding.fold(spread);
    if (this.bias) for (let n = 0; n < y.length; n += 1) y[n] += this.bias.value[Math.floor(n / this.side ** 2)];
    return y;
  }

  backward(dy) {
    const { rows, columns } = this.unfolding;
    const unfolded = this.unfolding.unfold(dy);
    multiply(this.x, transpose(unfolded, rows, columns), this.weight.gradient, this.before, columns, rows);
    if (this.bias) addSums(dy, this.bias.gradient);
    const dx = new Float32Array(this.before * columns);
    multiply(this.weight.value, unfolded, dx, this.before, rows, columns);
    return dx;
  }
}

/** Batch norm with the statistics of this one picture. */
export class Norm {
  constructor(channels, side, { normal }) {
    Object.assign(this, { channels, pixels: side * side });
    this.scale = parameter(channels, () => 1 + 0.02 * normal());
    this.shift = parameter(channels, () => 0);
    this.parameters = [this.scale, this.shift];
  }

  forward(x) {
    const y = new Float32Array(x.length);
    this.normed = new Float32Array(x.length);
    this.deviations = [];
    this.each((channel, from, to) => {
      let [sum, squares] = [0, 0];
      for (let n = from; n < to; n += 1) sum += x[n];
      const mean = sum / this.pixels;
      for (let n = from; n < to; n += 1) squares += (x[n] - mean) ** 2;
      const deviation = Math.sqrt(squares / this.pixels + 1e-5);
      this.deviations.push(deviation);
      for (let n = from; n < to; n += 1) {
        this.normed[n] = (x[n] - mean) / deviation;
        y[n] = this.normed[n] * this.scale.value[channel] + this.shift.value[channel];
      }
    });
    return y;
  }

  backward(dy, { weights = true } = {}) {
    const dx = new Float32Array(dy.length);
    this.each((channel, from, to) => {
      let [sum, along] = [0, 0];
      for (let n = from; n < to; n += 1) {
        sum += dy[n];
        along += dy[n] * this.normed[n];
      }
      if (weights) this.shift.gradient[channel] += sum;
      if (weights) this.scale.gradient[channel] += along;
      const factor = this.scale.value[channel] / this.deviations[channel];
      for (let n = from; n < to; n += 1) dx[n] = factor * (dy[n] - (sum + this.normed[n] * along) / this.pixels);
    });
    return dx;
  }

  each(work) {
    for (let channel = 0; channel < this.channels; channel += 1) work(channel, channel * this.pixels, (channel + 1) * this.pixels);
  }
}

/** LeakyReLU with this slope below zero; ReLU with slope 0. */
export class LeakyReLU {
  constructor(slope) {
    Object.assign(this, { slope, parameters: [] });
  }

  forward(x) {
    this.x = x;
    return x.map((value) => (value > 0 ? value : this.slope * value));
  }

  backward(dy) {
    return dy.map((value, n) => (this.x[n] > 0 ? value : this.slope * value));
  }
}

export class Tanh {
  parameters = [];

  forward(x) {
    this.y = x.map(Math.tanh);
    return this.y;
  }

  backward(dy) {
    return dy.map((value, n) => value * (1 - this.y[n] ** 2));
  }
}

export class Sequence {
  constructor(...layers) {
    Object.assign(this, { layers, parameters: layers.flatMap((layer) => layer.parameters) });
  }

  forward(x) {
    return this.layers.reduce((h, layer) => layer.forward(h), x);
  }

  backward(dy, { weights = true, input = true } = {}) {
    return this.layers.reduceRight((d, layer, i) => layer.backward(d, { weights, input: input || i > 0 }), dy);
  }
}
