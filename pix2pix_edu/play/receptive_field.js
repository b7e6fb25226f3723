// Receptive fields by arithmetic, as in receptive_field.py. A convolution is {kernel, stride, padding}; the first reads the picture.

/** Convolutions from rows of [kernel, stride, padding]. */
export function toConvs(rows) {
  return rows.map(([kernel, stride, padding]) => ({ kernel, stride, padding }));
}

/** The side, in input pixels, of the square that one output depends on. */
export function receptiveField(convs) {
  return convs.reduceRight((side, { kernel, stride }) => (side - 1) * stride + kernel, 1);
}

/** The side of the output for an input of this side; 0 if a kernel does not fit. */
export function outputSize(convs, size) {
  for (const { kernel, stride, padding } of convs) {
    size = Math.floor((size + 2 * padding - kernel) / stride) + 1;
    if (size < 1) return 0;
  }
  return size;
}

/** The distance, in input pixels, between the squares of two neighbouring outputs. */
export function outputStep(convs) {
  return convs.reduce((step, { stride }) => step * stride, 1);
}

/** The first input that output `index` depends on, and the one after the last. Either may be in the padding. */
export function inputSpan(convs, index) {
  return convs.reduceRight(
    ([first, afterLast], { kernel, stride, padding }) => [first * stride - padding, (afterLast - 1) * stride - padding + kernel],
    [index, index + 1],
  );
}

/** The output whose square has its middle nearest to a place in the picture. */
export function outputAt(convs, place) {
  const [first, afterLast] = inputSpan(convs, 0);
  return Math.round((place - (first + afterLast) / 2) / outputStep(convs));
}

/** How many outputs of one row see each of `size` inputs. */
export function votes(convs, size) {
  const counts = new Array(size).fill(0);
  for (let index = 0; index < outputSize(convs, size); index += 1) {
    const [first, afterLast] = inputSpan(convs, index);
    for (let place = Math.max(0, first); place < Math.min(size, afterLast); place += 1) counts[place] += 1;
  }
  return counts;
}

/** The outputs of one row that see no padding: the first, and the one after the last. */
export function whollyInside(convs, size) {
  const spans = Array.from({ length: outputSize(convs, size) }, (_, index) => inputSpan(convs, index));
  const first = spans.filter(([start]) => start < 0).length;
  return [first, Math.max(first, spans.filter(([, afterLast]) => afterLast <= size).length)];
}
