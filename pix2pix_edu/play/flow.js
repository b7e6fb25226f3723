// A flow network: from noise to one of many possible photographs, in as many steps as one likes.

import { button, choices, figure, frame, make, newestOnly, pick, sentences, set, slider, square, whole } from "./dom.js";
import { paintLabels, readSamples } from "./label_map.js";
import { paintPicture, readPictures } from "./pixels.js";
import { normals } from "./random.js";
import { say, t } from "./words.js";

const WIDTH = 128; // CSS pixels, at most, of a picture

/**
 * data: {size, network, classes, wall: its class number, pictures, counts: [numbers of steps], samples: [{name, labels}], spreads: of the
 * photographs, by house, begun: {sample, steps, seed, guesses: url}, one_answer: {name: url}}: sheets of one row of `pictures`.
 * state: {sample, steps, seed, shown}. run([network], labels, {mixture, t}) resolves to [{fake: the guesses}]. Returns {element}.
 */
export function createFlow(data, state = {}, onState = () => {}, { run }) {
  const houses = readSamples(data.samples);
  const area = 3 * data.size * data.size;
  const now = {
    sample: pick(houses.map(({ name }) => name), state.sample, data.begun.sample),
    steps: pick(data.counts, state.steps, data.begun.steps),
    seed: Math.max(1, whole(state.seed, data.begun.seed)),
    shown: pick(["guess", "mixture"], state.shown, "guess"),
  };
  let at = now.steps; // the step that is shown, the last one being now.steps
  let walk = null; // {mixtures, guesses}: one of each for each step that was taken, all pictures one after the other
  let [loaded, wanted] = [false, null]; // wanted: the step that was chosen before the walk was taken
  const x = square(data.size, WIDTH);
  const answers = Array.from({ length: data.pictures }, () => square(data.size, WIDTH));
  const others = Array.from({ length: data.pictures }, () => square(data.size, WIDTH));
  const sample = choices(t`House`, houses.map(({ name }) => [name, say(name)]), now.sample, (value) => begin({ sample: value }));
  const steps = choices(t`Steps`, data.counts.map((count) => [count, `${count}`]), now.steps, (value) => begin({ steps: value }));
  const shown = choices(t`Show`, [["guess", t`the network's guess`], ["mixture", t`the mixture it is given`]], now.shown, (value) => {
    now.shown = value;
    report();
    if (walk) show(at);
    else take();
  });
  const moment = make("div");
  let moments = null; // the slider in it
  const { element, caption, tell } = frame("flow", [sample.element, steps.element, shown.element, moment, button(t`Other noise`, () => begin({ seed: now.seed + 1 }))]);

  const take = newestOnly(async () => {
    if (walk?.guesses.length === now.steps) return; // an earlier call has taken this walk
    const { labels } = houses.find(({ name }) => name === now.sample);
    const { steps: count, seed, sample: name } = now;
    const current = () => now.steps === count && now.seed === seed && now.sample === name;
    const taken = { mixtures: [], guesses: [] };
    let mixture = Float32Array.from({ length: data.pictures * area }, normals(seed));
    for (let step = 0; step < count && current(); step += 1) {
      if (!loaded) tell(t`Loading the network.`);
      const [{ fake }] = await run([data.network], labels, { mixture, t: [step / count] });
      taken.mixtures.push(mixture);
      taken.guesses.push(fake);
      mixture = mixture.map((value, n) => value + (fake[n] - value) / (count - step)); // at the last step, the guess itself
      if (!current()) return;
      [walk, loaded] = [taken, true];
      show(step + 1);
    }
    if (wanted && current()) show(wanted);
    wanted = null;
  }, (error) => tell(t`No pictures: ${error.message}.`));

  function begin(change) {
    Object.assign(now, change);
    [walk, wanted, at] = [null, null, now.steps];
    if (change.steps) addSlider();
    report();
    paintStill();
    take();
  }

  function report() {
    onState({ ...now });
  }

  function addSlider() {
    const counted = Array.from({ length: now.steps }, (_, i) => i + 1);
    moments = slider(t`Moment: step`, counted, at, (value) => {
      if (walk?.guesses.length === now.steps) show(value);
      else {
        wanted = value;
        take();
      }
    }, (value) => t`${value} of ${now.steps}`);
    moment.replaceChildren(moments.element);
  }

  /** What does not depend on the walk: x, and the answers of L1+cGAN. */
  function paintStill() {
    const { name, labels } = houses.find((house) => house.name === now.sample);
    paintLabels(x, labels, data.classes);
    readPictures(data.one_answer[name], data.size, data.pictures, data.pictures).then((pictures) => {
      if (name === now.sample) pictures.forEach((picture, i) => paintPicture(others[i], picture));
    });
  }

  function show(step) {
    at = step;
    moments.value = step;
    const pictures = (now.shown === "guess" ? walk.guesses : walk.mixtures)[at - 1];
    answers.forEach((canvas, i) => paintPicture(canvas, pictures.slice(i * area, (i + 1) * area)));
    describe(walk.guesses[at - 1]);
  }

  function describe(guesses) {
    const { labels } = houses.find(({ name }) => name === now.sample);
    const share = ((at - 1) / now.steps).toFixed(2);
    const varied = wallSpread(guesses, data, labels).toFixed(3);
    set(row, { "aria-label": t`${data.pictures} answers of the flow network after step ${at} of ${now.steps}` });
    const mixed = t`Step ${at} of ${now.steps}: the mixture is ${share} photograph, the rest noise.`;
    tell(sentences(mixed, t`The wall's colour varies by ${varied} between the guesses; between photographs that fit x, by ${data.spreads[now.sample].toFixed(3)}.`));
  }

  const row = make("div", { class: "flow-row", role: "img" }, ...answers);
  const still = make("div", { class: "flow-row", role: "img", "aria-label": t`${data.pictures} answers of L1+cGAN, nearly all alike` }, ...others);
  const rows = make("div", { class: "flow-rows" }, make("p", { class: "play-title" }, t`Flow: ${data.pictures} answers to x`), row, make("p", { class: "play-title" }, t`L1+cGAN: ${data.pictures} answers to x`), still);
  element.append(make("div", { class: "play-panels" }, figure(x, t`x without paint and sky`), rows), caption);
  paintStill();
  addSlider();
  const ready = now.sample === data.begun.sample && now.steps === data.begun.steps && now.seed === data.begun.seed && now.shown === "guess";
  if (!ready) take();
  else readPictures(data.begun.guesses, data.size, data.pictures, data.pictures).then((pictures) => {
    if (walk) return; // the person was faster
    pictures.forEach((picture, i) => paintPicture(answers[i], picture));
    const all = new Float32Array(data.pictures * area);
    pictures.forEach((picture, i) => all.set(picture, i * area));
    describe(all);
  });
  return { element };
}

/** The standard deviation of the wall's mean colour over the pictures, averaged over red, green and blue. */
export function wallSpread(pictures, { pictures: count, size, wall }, labels) {
  const area = size * size;
  const places = [...labels.keys()].filter((place) => labels[place] === wall);
  const deviations = [0, 1, 2].map((channel) => {
    const means = Array.from({ length: count }, (_, i) => places.reduce((sum, place) => sum + pictures[(3 * i + channel) * area + place], 0) / places.length);
    const mean = means.reduce((sum, value) => sum + value, 0) / count;
    return Math.sqrt(means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1));
  });
  return deviations.reduce((sum, value) => sum + value, 0) / 3;
}
