// Tensors as pictures on a canvas: a picture is a Float32Array (3, side, side), or (1, side, side) if it is grey, in [-1, 1], a verdict one logit for each patch.

import { make } from "./dom.js";
import { t } from "./words.js";

const [FAKE, REAL] = [[213, 94, 0], [0, 114, 178]];

/** The colours of a verdict in words, the blue first. */
export function verdictLegend() {
  const words = [["taken-real", t`D takes it for real`], ["taken-fake", t`D takes it for fake`]];
  return make("p", { class: "play-legend" }, ...words.map(([name, each]) => make("span", { class: `play-${name}` }, each)));
}

/** The pictures of a sheet, row by row, as numbers in [-1, 1]. */
export async function readPictures(url, size, columns, count) {
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = make("canvas", { width: image.width, height: image.height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return Array.from({ length: count }, (_, i) => {
    const pixels = context.getImageData((i % columns) * size, Math.floor(i / columns) * size, size, size).data;
    const area = size * size;
    return Float32Array.from({ length: 3 * area }, (__, n) => pixels[4 * (n % area) + Math.floor(n / area)] / 127.5 - 1);
  });
}

export function paintPicture(canvas, picture) {
  const pixels = canvas.width * canvas.height;
  const grey = picture.length === pixels;
  paint(canvas, (place, channel) => (picture[(grey ? 0 : channel * pixels) + place] + 1) * 127.5);
}

/** How far two pictures differ at each pixel, the mean of the channels: black where they agree, white at a difference of 1. */
export function paintDifference(canvas, one, other) {
  const pixels = canvas.width * canvas.height;
  const difference = Float32Array.from({ length: pixels }, (_, place) => {
    return [0, 1, 2].reduce((sum, channel) => sum + Math.abs(one[channel * pixels + place] - other[channel * pixels + place]) / 3, 0);
  });
  paint(canvas, (place) => 255 * Math.min(1, difference[place]));
}

/** Blue where D takes a patch for real, vermilion where for fake; white, or clear if `over` a picture, where it cannot tell. */
export function paintVerdict(canvas, logits, side, over = false) {
  canvas.width = canvas.height = side;
  const certainty = (place) => Math.tanh(Math.abs(logits[place]) / 2); // 0 at probability 1/2
  const colour = (place, channel) => (logits[place] > 0 ? REAL : FAKE)[channel];
  if (over) paint(canvas, colour, (place) => 230 * Math.sqrt(certainty(place)));
  else paint(canvas, (place, channel) => 255 + certainty(place) * (colour(place, channel) - 255));
}

function paint(canvas, value, alpha = () => 255) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let place = 0; place < canvas.width * canvas.height; place += 1) {
    for (let channel = 0; channel < 3; channel += 1) image.data[4 * place + channel] = Math.round(value(place, channel));
    image.data[4 * place + 3] = alpha(place);
  }
  context.putImageData(image, 0, 0);
}

/** The mean absolute difference of two pictures. */
export function l1(one, other) {
  return one.reduce((sum, value, n) => sum + Math.abs(value - other[n]), 0) / one.length;
}
