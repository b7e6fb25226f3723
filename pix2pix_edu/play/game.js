// Real or fake: two pictures for a moment, and the question which one is the photograph.

import { button, choices, figure, frame, make, pick, square } from "./dom.js";
import { paintPicture, readPictures } from "./pixels.js";

const WIDTH = 256; // CSS pixels, at most, of a picture
const TIMES = [[1, "1 second"], [3, "3 seconds"], [0, "until I answer"]];
const SIDES = ["left", "right"];

/** data: {size, houses: count, real: url, fake: url}: sheets of one row. state: {seconds}. Returns {element}. */
export function createGame(data, state = {}, onState = () => {}) {
  let seconds = pick(TIMES.map(([each]) => each), state.seconds, 1);
  const canvases = SIDES.map(() => square(data.size, WIDTH));
  const answers = SIDES.map((side, i) => button(`The ${side} one is real`, () => answer(i)));
  const next = button("Show a pair", () => (sheets ? show() : load()));
  const times = choices("Each pair is shown for", TIMES, seconds, (value) => {
    seconds = value;
    onState({ seconds });
  });
  const { element, caption, say } = frame("game", [times.element]);
  const pictures = canvases.map((canvas, i) => figure(canvas, SIDES[i]));
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
      say(`No pictures: ${error.message}. Press the button to try again.`);
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
    say("Which one is the photograph?");
    if (seconds) timer = setTimeout(() => canvases.forEach((canvas) => canvas.classList.add("game-hidden")), 1000 * seconds);
  }

  function answer(side) {
    clearTimeout(timer);
    canvases.forEach((canvas) => canvas.classList.remove("game-hidden"));
    seen += 1;
    if (side !== real) fooled += 1;
    pictures.forEach((picture, i) => picture.classList.add(i === real ? "game-right" : "game-wrong"));
    enable(false);
    next.textContent = "Show the next pair";
    next.focus();
    say(`${side === real ? "Right" : "No"}: the ${SIDES[real]} one is the photograph. ${score(seen, fooled)}`);
  }

  element.addEventListener("keydown", (event) => {
    const side = ["ArrowLeft", "ArrowRight"].indexOf(event.key);
    if (side < 0 || answers[side].disabled || event.target.type === "radio") return;
    event.preventDefault();
    answer(side);
  });
  enable(false);
  canvases.forEach((canvas) => canvas.classList.add("game-hidden"));
  say("One is a drawn photograph, the other what G made of its label map. Answer with the buttons, or with the arrow keys.");
  return { element };
}

/** How often the fake was taken for the photograph, with a 95% interval. */
function score(seen, fooled) {
  const percent = (share) => `${Math.round(100 * share)}%`;
  const [low, high] = wilson(seen, fooled);
  return `G fooled you in ${fooled} of ${seen}: ${percent(fooled / seen)} (95% interval: ${percent(low)} to ${percent(high)}; by chance it would be 50%).`;
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
