// The generator in the browser: the ONNX file that the library wrote, run by ONNX Runtime Web.

import { toRgb } from "./board.js";
import * as ort from "./runtime/ort.wasm.bundle.min.js";

/** Load the network. Resolves to generate(labels) -> Float32Array, the picture (3, size, size) in [-1, 1]. */
export async function loadGenerator({ size, classes }) {
  const [binary, model] = await Promise.all([
    load("runtime/ort-wasm-simd-threaded.wasm.gzip").then(unpack),
    load("model.onnx").then((response) => response.arrayBuffer()),
  ]);
  ort.env.wasm.wasmBinary = binary;
  ort.env.wasm.numThreads = 1; // more threads would need special headers from the server
  const session = await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ["wasm"] });
  const shape = [1, 3, size, size];
  return async (labels) => {
    const { fake } = await session.run({ x: new ort.Tensor("float32", toX(labels, classes), shape) });
    return fake.data;
  };
}

/** A label map as the network's input: the colours of its classes in [-1, 1], as red, green and blue planes. */
export function toX(labels, classes) {
  const colours = classes.map((each) => toRgb(each).map((value) => value / 127.5 - 1));
  const planes = [0, 1, 2].map((channel) => Array.from(labels, (label) => colours[label][channel]));
  return Float32Array.from(planes.flat());
}

async function load(path) {
  const response = await fetch(new URL(path, import.meta.url));
  if (!response.ok) throw new Error(`${path} did not load (${response.status})`);
  return response;
}

function unpack(response) {
  return new Response(response.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}
