// The networks in the browser: the ONNX files that the library wrote, run by ONNX Runtime Web. Each is loaded when it is first asked for.

import { toRgb } from "./dom.js";
import { t } from "./words.js";

const sessions = new Map(); // the promise of each network's session, by name
let runtime = null;

/**
 * A way to run networks: run(names, drawn, given) resolves to [{fake, logits, side}]. given: other inputs by name.
 * With classes, `drawn` is a label map; without, it is x itself, `planes` planes of numbers in [-1, 1].
 */
export function openNetworks({ size, classes, planes = 3 }) {
  return async (names, drawn, given = {}) => {
    const x = classes ? toX(drawn, classes) : drawn;
    const results = [];
    for (const name of names) results.push(await translate(name, x, [1, planes, size, size], given)); // the runtime does one at a time anyway
    return results;
  };
}

async function translate(name, x, shape, given) {
  const { ort, session } = await open(name);
  const feeds = { x: new ort.Tensor("float32", x, shape) };
  for (const { name: input, shape: wanted } of session.inputMetadata) {
    if (input !== "x") feeds[input] = new ort.Tensor("float32", given[input] ?? new Array(wanted[0]).fill(1), wanted); // keep: all levels
  }
  const { fake, logits } = await session.run(feeds);
  return { fake: fake.data, logits: logits?.data, side: logits?.dims.at(-1) };
}

/** The session of a network. What fails is tried again the next time. */
export async function open(name) {
  if (!sessions.has(name)) sessions.set(name, start(name));
  try {
    return await sessions.get(name);
  } catch (error) {
    sessions.delete(name);
    throw error;
  }
}

async function start(name) {
  if (typeof WebAssembly === "undefined" || typeof DecompressionStream === "undefined") {
    throw new Error(t`this browser has no WebAssembly, or has it switched off: use a current Firefox, Chrome, Edge or Safari`);
  }
  const [ort, model] = await Promise.all([startRuntime(), load(`networks/${name}.onnx`).then((response) => response.arrayBuffer())]);
  return { ort, session: await ort.InferenceSession.create(new Uint8Array(model), { executionProviders: ["wasm"] }) };
}

async function startRuntime() {
  runtime ??= (async () => {
    const [ort, binary] = await Promise.all([import("./runtime/ort.wasm.bundle.min.js"), load("runtime/ort-wasm-simd-threaded.wasm.gzip").then(unpack)]);
    ort.env.wasm.wasmBinary = binary;
    ort.env.wasm.numThreads = 1; // more threads would need special headers from the server
    return ort;
  })();
  try {
    return await runtime;
  } catch (error) {
    runtime = null;
    throw error;
  }
}

/** A label map as the network's input: the colours of its classes in [-1, 1], as red, green and blue planes. */
function toX(labels, classes) {
  const colours = classes.map((each) => toRgb(each).map((value) => value / 127.5 - 1));
  const planes = [0, 1, 2].map((channel) => Array.from(labels, (label) => colours[label][channel]));
  return Float32Array.from(planes.flat());
}

async function load(path) {
  const response = await fetch(new URL(path, import.meta.url));
  if (!response.ok) throw new Error(t`${path} did not load (${response.status})`);
  return response;
}

function unpack(response) {
  return new Response(response.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}
