// A drawing board for label maps, for mouse, touch, pen and keyboard. The page around it decides what to do with the drawing.

import { make, scaleWhole, sentences, unique } from "./dom.js";
import { LabelMap, RECTANGLE, paintLabels } from "./label_map.js";
import { say, t } from "./words.js";

const BRUSHES = [1, 2, 4, 8]; // sides of square brushes, in 64ths of the board's side
const LONG_STEP = 8; // in 64ths as well
export const BORDER = 1; // CSS pixels, as in the style sheets
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const help = () =>
  sentences(
    t`Arrow keys move the cursor, with Shift by an eighth of the board.`,
    t`Space or Enter puts the pen down, and lifts it again. Escape lifts it too, or cancels an unfinished rectangle.`,
    t`An underlined letter chooses that class; 1 to 4 choose a brush; R the rectangle. Ctrl+Z undoes, Ctrl+Y redoes.`,
  );

/**
 * classes: [{name, color: "#rrggbb", group}] in class-number order, group being a title or ""; size: side in pixels; samples: [{name, labels: Uint8Array(size * size)}].
 * onChange(labels) is called after each change, load() included, at most once per animation frame.
 * The board starts blank (class 0). Returns {element, labels(), load(labels)}.
 */
export function createBoard({ classes, size, samples = [], onChange = () => {} }) {
  const unit = Math.max(1, size >> 6);
  const brushes = BRUSHES.map((side) => side * unit);
  const picture = new LabelMap(size);
  const view = buildView(classes, size, samples, brushes);
  const cursor = { x: size >> 1, y: size >> 1 };
  const nameOf = (number) => say(classes[number].name);
  let [label, tool, frame] = [firstPaint(classes), brushes[classes.length > 2 ? 2 : 1], 0]; // outlines need a finer brush

  function tell(words) {
    view.status.textContent = words;
  }

  function changed() {
    paintLabels(view.canvas, picture.labels, classes);
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      onChange(picture.labels.slice());
    });
  }

  function choose(group, value) {
    finish(); // class and tool cannot change within a stroke
    if (group === "class") label = value;
    else tool = value;
    view.inputs[group].get(value).checked = true;
    showCursor();
    tell(group === "class" ? t`Painting ${nameOf(label)}.` : describe(tool));
  }

  function showCursor() {
    const [side, back] = tool === RECTANGLE ? [1, 0] : [tool, (tool - 1) >> 1];
    const share = (pixels) => `${(100 * pixels) / size}%`;
    const [left, top, width, height] = [cursor.x - back, cursor.y - back, side, side].map(share);
    Object.assign(view.cursor.style, { left, top, width, height });
  }

  function begin() {
    picture.begin(cursor.x, cursor.y);
    draw();
  }

  function draw() {
    picture.drawTo(cursor.x, cursor.y, tool, label);
    changed();
  }

  function finish() {
    if (!picture.stroke) return;
    tell(t`Pixels that became ${nameOf(label)}: ${picture.end()}.`);
  }

  function abandon() {
    picture.abandon();
    changed();
    tell(t`The rectangle is cancelled.`);
  }

  function moveTo(x, y) {
    [cursor.x, cursor.y] = [x, y].map((place) => Math.max(0, Math.min(size - 1, place)));
    showCursor();
    if (picture.stroke) draw();
  }

  function step([right, down], pixels) {
    moveTo(cursor.x + right * pixels, cursor.y + down * pixels);
    const [column, row, here] = [cursor.x + 1, cursor.y + 1, nameOf(picture.labels[cursor.y * size + cursor.x])];
    tell(picture.stroke ? t`Column ${column}, row ${row}: ${here}, pen down.` : t`Column ${column}, row ${row}: ${here}.`);
  }

  function press() {
    if (picture.stroke) return finish();
    begin();
    const next = tool === RECTANGLE ? t`Move to the opposite corner and press again.` : t`Moving paints; press again to lift it.`;
    return tell(sentences(t`Pen down with ${nameOf(label)}.`, next));
  }

  function replace(labels, words) {
    finish();
    picture.begin(0, 0);
    picture.labels.set(labels);
    picture.end();
    changed();
    tell(words);
  }

  function travel(from, to, words, nothing) {
    finish();
    if (!picture.travel(from, to)) return tell(nothing);
    changed();
    return tell(words);
  }

  const undo = () => travel(picture.past, picture.future, t`Undone.`, t`There is nothing to undo.`);
  const redo = () => travel(picture.future, picture.past, t`Redone.`, t`There is nothing to redo.`);

  const escape = () => (tool === RECTANGLE && picture.stroke ? abandon() : finish());
  listenToPointers(view.canvas, size, {
    begin(x, y) {
      finish(); // a stroke begun by keyboard
      moveTo(x, y);
      begin();
    },
    hover(x, y) {
      if (!picture.stroke) moveTo(x, y); // the mouse does not move a pen that the keyboard has put down
    },
    draw: moveTo,
    end: finish,
    cancel: escape,
  });
  view.canvas.addEventListener("blur", finish);
  view.undo.onclick = undo;
  view.redo.onclick = redo;
  view.clear.onclick = () => replace(new Uint8Array(size * size), t`Everything is ${nameOf(0)} now.`);
  view.samples.forEach((button, place) => {
    button.onclick = () => replace(samples[place].labels, t`Sample ${say(samples[place].name)}.`);
  });
  for (const [group, inputs] of Object.entries(view.inputs)) {
    for (const [value, input] of inputs) input.onchange = () => choose(group, value);
  }

  const keys = Object.fromEntries(view.letters.map((letter, place) => [letter, () => choose("class", place)]));
  brushes.forEach((brush, place) => (keys[place + 1] = () => choose("tool", brush)));
  keys.r = () => choose("tool", RECTANGLE);
  view.element.addEventListener("keydown", (event) => {
    const action = actionOf(event, keys, view.canvas, LONG_STEP * unit, { undo, redo, press, step, escape });
    if (!action) return;
    event.preventDefault();
    action();
  });

  choose("class", label);
  choose("tool", tool);
  tell("");
  paintLabels(view.canvas, picture.labels, classes);
  return {
    element: view.element,
    labels: () => picture.labels.slice(),
    load(labels) {
      if (labels.length !== size * size || labels.some((value) => value >= classes.length)) {
        throw new RangeError(t`a label map has ${size * size} class numbers below ${classes.length}: check what is loaded`);
      }
      replace(labels, t`A label map is loaded.`);
    },
  };
}

function listenToPointers(canvas, size, { begin, hover, draw, end, cancel }) {
  let drawing = null; // the pointer that draws; other fingers are ignored
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * size, ((event.clientY - box.top) / box.height) * size].map(Math.floor);
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || drawing !== null) return;
    event.preventDefault(); // prevents selecting and scrolling, but also focusing, so focus is set here
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    drawing = event.pointerId;
    begin(...place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    const moved = event.movementX || event.movementY; // scrolling the page under a resting mouse does not move the cursor
    if (drawing === null && moved) hover(...place(event));
    if (event.pointerId === drawing) draw(...place(event)); // a straight line from the last position
  });
  const release = (last) => (event) => {
    if (event.pointerId !== drawing) return;
    drawing = null;
    last();
  };
  canvas.addEventListener("pointerup", release(end));
  canvas.addEventListener("pointercancel", release(cancel));
}

function actionOf(event, keys, canvas, longStep, { undo, redo, press, step, escape }) {
  const key = event.key.toLowerCase();
  if (event.altKey) return null;
  if (event.ctrlKey || event.metaKey) return key === "z" ? (event.shiftKey ? redo : undo) : key === "y" ? redo : null;
  if (event.target === canvas) {
    if (event.key in ARROWS) return () => step(ARROWS[event.key], event.shiftKey ? longStep : 1);
    if (event.key === " " || event.key === "Enter") return event.repeat ? () => {} : press;
    if (event.key === "Escape") return escape;
  }
  return keys[key] ?? null;
}

function describe(tool) {
  return tool === RECTANGLE ? t`Rectangle: from one corner to the opposite one.` : t`Brush of ${tool} by ${tool} pixels.`;
}

/** The class to begin with: the first of the last group, such as the parts of a house; without groups, the first after the background. */
function firstPaint(classes) {
  return Math.min(classes.length - 1, Math.max(1, classes.findIndex(({ group }) => group === classes.at(-1).group)));
}

/** The key for each class: the first letter of its name that is free; R is the rectangle. */
function lettersOf(classes) {
  const taken = new Set("r");
  return classes.map(({ name }) => {
    const letter = [...name.toLowerCase()].find((each) => /[a-z]/.test(each) && !taken.has(each));
    taken.add(letter);
    return letter;
  });
}

function buildView(classes, size, samples, brushes) {
  const letters = lettersOf(classes);
  const paints = classes.map(({ name, color, group }, value) => [value, underlined(say(name), letters[value]), letters[value], color, say(group)]);
  const palette = buildChoice(t`Paint with`, "board-classes", paints);
  const tools = buildChoice(t`Brush, in pixels`, "board-tools", [
    ...brushes.map((side, place) => [side, `${side}`, `${place + 1}`]),
    [RECTANGLE, underlined(t`rectangle`, "r"), "r"],
  ]);
  const keyboard = make("p", { id: unique("help") }, help());
  const canvas = make("canvas", { width: size, height: size, tabindex: 0, role: "application", "aria-describedby": keyboard.id });
  canvas.setAttribute("aria-label", t`Drawing board, ${size} by ${size} pixels`);
  const cursor = make("div", { class: "board-cursor", "aria-hidden": "true" });
  const [undo, redo, clear] = [t`Undo`, t`Redo`, t`Clear to ${say(classes[0].name)}`].map((name) => make("button", { type: "button" }, name));
  const buttons = samples.map(({ name }) => make("button", { type: "button" }, say(name)));
  const status = make("p", { class: "board-status", role: "status" });
  const element = make("div", { class: "board" });
  const actions = make("div", { class: "board-row", role: "group", "aria-label": t`Steps` }, undo, redo, clear);
  const row = make("div", { class: "board-row", role: "group", "aria-label": t`Samples` }, make("span", {}, t`Samples`), ...buttons);
  const frame = make("div", { class: "board-frame" }, canvas, cursor);
  const keys = make("details", {}, make("summary", {}, t`Drawing by keyboard`), keyboard);
  const sheet = make("div", { class: "board-sheet" }, frame, actions, ...(samples.length ? [row] : []), status, keys);
  const choices = make("div", { class: "board-choices" }, palette.element, tools.element);
  if (classes.some(({ group }) => group)) element.classList.add("board-grouped");
  element.append(make("div", { class: "board-body" }, choices, sheet));
  scaleWhole(frame, size, BORDER);
  const inputs = { class: palette.inputs, tool: tools.inputs };
  return { element, canvas, cursor, status, undo, redo, clear, samples: buttons, letters, inputs };
}

/** A group of radio buttons of [value, content, key, colour, subtitle]; all but the first two may be missing. */
function buildChoice(title, className, options) {
  const [name, inputs, groups] = [unique("choice"), new Map(), new Map()];
  for (const [value, content, key, color, subtitle = ""] of options) {
    const input = make("input", { type: "radio", name, ...(key ? { "aria-keyshortcuts": key } : {}) });
    inputs.set(value, input);
    const swatch = make("span", { class: "board-swatch" });
    swatch.style.backgroundColor = color ?? "";
    const label = make("label", {}, input, ...(color ? [swatch] : []), make("span", {}, ...[content].flat()));
    groups.set(subtitle, [...(groups.get(subtitle) ?? []), label]);
  }
  const parts = [...groups].flatMap(([subtitle, labels]) => [...(subtitle ? [make("p", {}, subtitle)] : []), make("div", {}, ...labels)]);
  const element = make("fieldset", { class: className }, make("legend", {}, title), ...parts);
  return { element, inputs };
}

/** A name with the letter that is its key underlined; a name without this letter, such as a Chinese one, with the letter behind it. */
function underlined(name, letter) {
  if (!letter) return [name];
  const place = name.toLowerCase().indexOf(letter);
  return place < 0 ? [name, " ", make("u", {}, letter)] : [name.slice(0, place), make("u", {}, name[place]), name.slice(place + 1)];
}
