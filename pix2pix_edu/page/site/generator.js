// G in the browser: the ONNX file that the library wrote, run by ONNX Runtime Web.

import * as ort from "./runtime/ort.wasm.bundle.min.js";

/** Loads the network; the promise is of generate(labels) -> Float32Array, the picture (3, size, size) in [-1, 1]. */
export async function loadGenerator({ size, classes }) {
  const [binary, model] = await Promise.all([
    load("runtime/ort-wasm-simd-threaded.wasm.gzip").then(unpack),
    load("model.onnx").then((response) => response.arrayBuffer()),
  ]);
  ort.env.wasm.wasmBinary = binary;
  ort.env.wasm.numThreads = 1; // more would need special headers from the server
  const session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ["wasm"] });
  const shape = [1, 3, size, size];
  return async (labels) => {
    const { fake } = await session.run({ x: new ort.Tensor("float32", toX(labels, classes), shape) });
    return fake.data;
  };
}

/** A label map as the network sees it: the colours of its classes in [-1, 1], one plane for each of red, green and blue. */
export function toX(labels, classes) {
  const colours = classes.map(({ color }) => [1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16) / 127.5 - 1));
  const x = new Float32Array(3 * labels.length);
  for (let channel = 0; channel < 3; channel += 1) {
    labels.forEach((label, place) => {
      x[channel * labels.length + place] = colours[label][channel];
    });
  }
  return x;
}

async function load(path) {
  const response = await fetch(new URL(path, import.meta.url));
  if (!response.ok) throw new Error(`${path} did not load (${response.status})`);
  return response;
}

function unpack(response) {
  return new Response(response.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}
