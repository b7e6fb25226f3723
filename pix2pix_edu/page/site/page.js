// The page: a board on the left, the generator's output on the right.

import { createBoard, paintLabels, scaleWhole } from "./board.js";

const ENLARGED = 8; // scale of the saved file
const [state, photo, timing, save] = ["state", "photo", "timing", "save"].map((id) => document.getElementById(id));

async function start() {
  const response = await fetch("page.json");
  if (!response.ok) throw new Error(`page.json did not load (${response.status})`);
  const settings = await response.json();
  const samples = settings.samples.map(({ name, labels }) => ({ name, labels: Uint8Array.from(labels.join(""), (digit) => parseInt(digit, 36)) }));
  const translator = new Translator(settings);
  const board = createBoard({ ...settings, samples, onChange: (labels) => translator.take(labels) });
  document.getElementById("board").append(board.element);
  board.load(samples.at(-1).labels); // a drawn building, like those the network was trained on
  save.onclick = () => savePicture(settings, translator.shown);

  if (typeof WebAssembly === "undefined" || typeof DecompressionStream === "undefined") {
    throw new Error("this browser has no WebAssembly, or has it switched off: use a current Firefox, Chrome, Edge or Safari");
  }
  // Imported here, so that the board works even if the runtime cannot be loaded.
  const { loadGenerator } = await import("./generator.js");
  translator.generate = await loadGenerator(settings);
  await translator.take(board.labels());
  if (!save.disabled) say("Ready: draw, and the photograph follows.");
}

/** Translate the newest drawing. Drawings that arrive during a translation are skipped, except the last. */
class Translator {
  constructor(settings) {
    Object.assign(this, { settings, generate: null, newest: null, shown: null, working: false });
    photo.width = photo.height = settings.size;
    scaleWhole(photo, settings.size, 1);
  }

  async take(labels) {
    this.newest = labels;
    if (this.working || !this.generate) return;
    this.working = true;
    try {
      while (this.newest) await this.translate();
    } catch (error) {
      fail(error);
    } finally {
      this.working = false;
    }
  }

  async translate() {
    const labels = this.newest;
    this.newest = null;
    const started = performance.now();
    const fake = await this.generate(labels);
    timing.textContent = `Translated in ${Math.max(1, Math.round(performance.now() - started))} ms`;
    paintFake(photo, fake);
    this.shown = labels;
    photo.setAttribute("aria-label", `Photograph made from the drawing: ${describe(labels, this.settings.classes)}.`);
    save.disabled = false;
  }
}

/** Paint a tensor (3, size, size) in [-1, 1]. */
function paintFake(canvas, fake) {
  const [context, pixels] = [canvas.getContext("2d"), canvas.width * canvas.height];
  const image = context.createImageData(canvas.width, canvas.height);
  for (let place = 0; place < pixels; place += 1) {
    for (let channel = 0; channel < 3; channel += 1) image.data[4 * place + channel] = Math.round((fake[channel * pixels + place] + 1) * 127.5);
    image.data[4 * place + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** Each class of a drawing with its share of the area, largest first. */
function describe(labels, classes) {
  const counts = classes.map(() => 0);
  for (const label of labels) counts[label] += 1;
  const seen = classes.map(({ name }, label) => ({ name, count: counts[label] })).filter(({ count }) => count);
  seen.sort((one, other) => other.count - one.count);
  return seen.map(({ name, count }) => `${name} ${((100 * count) / labels.length).toFixed(1)}%`).join(", ");
}

/** The drawing and its photograph side by side, as in the files of the course, enlarged. */
function savePicture({ size, classes }, labels) {
  const [drawing, sheet] = [document.createElement("canvas"), document.createElement("canvas")];
  drawing.width = drawing.height = size;
  paintLabels(drawing, labels, classes);
  [sheet.width, sheet.height] = [2 * ENLARGED * size, ENLARGED * size];
  const context = sheet.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(drawing, 0, 0, sheet.height, sheet.height);
  context.drawImage(photo, sheet.height, 0, sheet.height, sheet.height);
  sheet.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = "drawing_and_photograph.png";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // some browsers start to read it late
    say("Drawing and photograph are saved side by side.");
  }, "image/png");
}

function say(words) {
  state.textContent = words;
}

function fail(error) {
  state.classList.add("notice");
  say(`No photograph: ${error.message}. You can still draw; load the page again to try once more.`);
}

start().catch(fail);
