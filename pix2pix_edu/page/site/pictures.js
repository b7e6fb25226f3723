// Sample pictures to choose from, or one of your own, and beside it what the network of the page makes of it.

import { choices, make, newestOnly, pick, scaleWhole } from "./dom.js";
import { paintPicture } from "./pixels.js";
import { saveSideBySide } from "./save.js";
import { t } from "./words.js";

const SAVED = 512; // the least side of a saved picture
const GREY = [0.299, 0.587, 0.114];

/** data: {network, megabytes, size, planes, samples: urls, fake: url of the first sample's translation}. run([name], x) resolves to [{fake}]. */
export function createPictures(data, state, onState, { run }) {
  const { size, planes, samples } = data;
  const numbers = samples.map((_, number) => number + 1);
  const [given, made] = [t`The picture that goes in`, t`Its translation`].map((label) => make("canvas", { width: size, height: size, role: "img", "aria-label": label, class: "draw-photo" }));
  const status = make("p", { role: "status", class: "play-small" }, t`Choose a picture: the network is loaded with the first one.`);
  const save = make("button", { type: "button", disabled: "" }, t`Save picture`);
  let [loaded, newest] = [false, 0];

  const translate = newestOnly(async (x, title) => {
    status.classList.remove("notice");
    if (!loaded) status.textContent = t`Loading the network, ${data.megabytes} MB.`;
    const started = performance.now();
    const [{ fake }] = await run([data.network], x);
    const milliseconds = Math.max(1, Math.round(performance.now() - started));
    status.textContent = loaded ? t`Translated in ${milliseconds} ms. The picture stays in this browser.` : t`Translated. The picture stays in this browser.`;
    loaded = true;
    show(title, x, fake);
  }, (error) => tell(t`Not translated: ${error.message}. Choose a picture to try again.`));

  function tell(words) {
    status.textContent = words;
    status.classList.add("notice");
  }

  /** Both pictures change together, so that what is saved belongs together. */
  function show(title, x, fake) {
    paintPicture(given, x);
    paintPicture(made, fake);
    given.setAttribute("aria-label", t`The picture that goes in: ${title}`);
    made.setAttribute("aria-label", t`The translation of ${title}`);
    save.disabled = false;
  }

  async function chooseSample(number) {
    const turn = ++newest;
    onState({ sample: number });
    input.value = "";
    const x = toX(await readImage(samples[number - 1]), size, planes);
    if (turn === newest) await translate(x, t`sample ${number}`);
  }

  async function chooseFile(file) {
    const turn = ++newest;
    let x;
    try {
      x = toX(await createImageBitmap(file), size, planes);
    } catch {
      tell(t`${file.name} is no picture that this browser can read: choose a PNG, JPEG or WebP file.`);
      return;
    }
    if (turn !== newest) return;
    group.value = null;
    await translate(x, t`your picture`);
  }

  const asked = pick(numbers, state.sample, 1);
  const faces = samples.map((url, number) => [number + 1, make("img", { src: url, alt: t`sample ${number + 1}`, width: 64, height: 64 })]);
  const missing = () => tell(t`This sample did not load: choose another one, or load the page again.`);
  const group = choices(t`Samples`, faces, asked, (number) => chooseSample(number).catch(missing));
  group.element.classList.add("pictures-samples");
  const input = make("input", { type: "file", accept: "image/*" });
  input.onclick = () => (input.value = ""); // so that the same file can be chosen again
  input.onchange = () => input.files.length && chooseFile(input.files[0]);
  const upload = make("label", { class: "pictures-own" }, make("span", {}, t`Or a picture of yours`), input);
  save.onclick = () => saveSideBySide(given, made, Math.max(1, Math.ceil(SAVED / size)), "picture_and_translation.png")
    .then(() => (status.textContent = t`The picture and its translation are saved side by side.`));

  async function begin() {
    if (asked !== 1) return chooseSample(asked);
    const [x, fake] = (await Promise.all([samples[0], data.fake].map(readImage))).map((image, n) => toX(image, size, n ? 3 : planes));
    return newest || show(t`sample ${1}`, x, fake); // a choice may have been faster
  }
  begin().catch(missing);

  const frames = [given, made].map((canvas) => make("div", { class: "draw-frame" }, canvas));
  for (const canvas of [given, made]) scaleWhole(canvas, size, 1);
  const left = make("div", { class: "draw-board" }, make("p", { class: "play-title" }, t`x: the picture that goes in`), frames[0]);
  const below = make("div", { class: "draw-below" }, status, save);
  const right = make("div", { class: "draw-fake" }, make("p", { class: "play-title" }, t`G(x): its translation`), frames[1], below);
  const controls = make("div", { class: "play-controls" }, group.element, upload);
  return { element: make("div", { class: "play play-pictures" }, controls, make("div", { class: "draw-panels" }, left, right)) };
}

async function readImage(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

/** The middle square of a picture, scaled to the network's size, as planes of numbers in [-1, 1]. Transparent pixels become white. */
function toX(image, size, planes) {
  const canvas = make("canvas", { width: size, height: size });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const side = Math.min(image.width, image.height);
  context.fillStyle = "white";
  context.fillRect(0, 0, size, size);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, size, size);
  const pixels = context.getImageData(0, 0, size, size).data;
  const value = (place, channel) => (planes === 1 ? Math.round(GREY.reduce((sum, share, n) => sum + share * pixels[4 * place + n], 0)) : pixels[4 * place + channel]);
  const area = size * size;
  return Float32Array.from({ length: planes * area }, (_, n) => value(n % area, Math.floor(n / area)) / 127.5 - 1);
}
