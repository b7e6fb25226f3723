// Real or fake: two pictures for a moment, and the question which one is the photograph.

import { button, choices, figure, frame, make, pick, sentences, square } from "./dom.js";
import { paintPicture, readPictures } from "./pixels.js";
import { t } from "./words.js";

const WIDTH = 256; // CSS pixels, at most, of a picture

/** data: {size, houses: count, real: url, fake: url}: sheets of one row. state: {seconds}. Returns {element}. */
export function createGame(data, state = {}, onState = () => {}) {
  let seconds = pick([1, 3, 0], state.seconds, 1);
  const sides = [t`left`, t`right`];
  const canvases = sides.map(() => square(data.size, WIDTH));
  const answers = [t`The left one is real`, t`The right one is real`].map((words, i) => button(words, () => answer(i)));
  const next = button(t`Show a pair`, () => (sheets ? show() : load()));
  const times = choices(t`Each pair is shown for`, [[1, t`1 second`], [3, t`3 seconds`], [0, t`until I answer`]], seconds, (value) => {
    seconds = value;
    onState({ seconds });
  });
  const { element, caption, tell } = frame("game", [times.element]);
  const pictures = canvases.map((canvas, i) => figure(canvas, sides[i]));
  const pair = make("div", { class: "game-pictures", tabindex: -1 }, ...pictures);
  element.append(pair, make("div", { class: "play-buttons" }, next, ...answers), caption);
  let [sheets, order, real, timer, seen, fooled] = [null, [], 0, 0, 0, 0];

  function enable(open) {
    next.disabled = open;
    for (const each of answers) each.disabled = !open;
  }

  /** The pictures come with the first pair. */
  async function load() {
    next.disabled = true;
    try {
      sheets = await Promise.all([data.real, data.fake].map((url) => readPictures(url, data.size, data.houses, data.houses)));
      show();
    } catch (error) {
      next.disabled = false;
      next.focus();
      tell(t`No pictures: ${error.message}. Press the button to try again.`);
    }
  }

  function show() {
    if (!order.length) order = shuffled(data.houses);
    real = Math.random() < 0.5 ? 0 : 1;
    const house = order.pop();
    canvases.forEach((canvas, i) => paintPicture(canvas, sheets[i === real ? 0 : 1][house]));
    pictures.forEach((picture) => picture.classList.remove("game-right", "game-wrong"));
    canvases.forEach((canvas) => canvas.classList.remove("game-hidden"));
    enable(true);
    pair.focus({ preventScroll: true }); // the button that had the focus is disabled now, and the arrow keys answer
    tell(t`Which one is the photograph?`);
    if (seconds) timer = setTimeout(() => canvases.forEach((canvas) => canvas.classList.add("game-hidden")), 1000 * seconds);
  }

  function answer(side) {
    clearTimeout(timer);
    canvases.forEach((canvas) => canvas.classList.remove("game-hidden"));
    seen += 1;
    if (side !== real) fooled += 1;
    pictures.forEach((picture, i) => {
      picture.classList.add(i === real ? "game-right" : "game-wrong");
      picture.lastChild.dataset.told = i === real ? t`: the photograph` : t`: the fake`; // game.css puts it behind the side
    });
    enable(false);
    next.textContent = t`Show the next pair`;
    next.focus();
    tell(sentences(verdictOn(side === real, real), score(seen, fooled)));
  }

  element.addEventListener("keydown", (event) => {
    const side = ["ArrowLeft", "ArrowRight"].indexOf(event.key);
    if (side < 0 || answers[side].disabled || event.target.type === "radio") return;
    event.preventDefault();
    answer(side);
  });
  enable(false);
  canvases.forEach((canvas) => canvas.classList.add("game-hidden"));
  tell(t`One is a drawn photograph, the other what G made of its label map. Answer with the buttons, or with the arrow keys.`);
  return { element };
}

function verdictOn(right, real) {
  if (real === 0) return right ? t`Right: the left one is the photograph.` : t`No: the left one is the photograph.`;
  return right ? t`Right: the right one is the photograph.` : t`No: the right one is the photograph.`;
}

/** How often the fake was taken for the photograph, with a 95% interval. */
function score(seen, fooled) {
  const percent = (share) => `${Math.round(100 * share)}%`;
  const [low, high] = wilson(seen, fooled);
  return t`G fooled you in ${fooled} of ${seen}: ${percent(fooled / seen)} (95% interval: ${percent(low)} to ${percent(high)}; by chance it would be 50%).`;
}

/** Wilson's interval for a share. */
export function wilson(count, hits, z = 1.959964) {
  const [share, spread] = [hits / count, z ** 2 / count];
  const middle = (share + spread / 2) / (1 + spread);
  const half = (z * Math.sqrt((share * (1 - share)) / count + spread / (4 * count))) / (1 + spread);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

function shuffled(count) {
  const keys = Array.from({ length: count }, Math.random);
  return keys.map((_, i) => i).sort((i, j) => keys[i] - keys[j]);
}
