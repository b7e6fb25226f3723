// What every figure of this folder is built from: elements, groups of choices, sliders, and whole-number scaling.

import { t } from "./words.js";

/** An HTML element with attributes and children. */
export function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  set(element, attributes);
  element.append(...children);
  return element;
}

/** Set several attributes at once. */
export function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

/** Change the text of an element, unless it is that text already: the page would be laid out again. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A name that no other element has, because a figure may be on the page twice. */
export function unique(word) {
  return `play-${word}-${Math.random().toString(36).slice(2)}`;
}

export function toRgb({ color }) {
  return [1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16));
}

/** Call `work` at most once per animation frame, however often the result is called. */
export function oncePerFrame(work) {
  let frame = 0;
  return () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      work();
    });
  };
}

/** The largest width, in CSS pixels, that is at most `available` and a whole number of screen pixels for each of `size` pixels. */
export function wholeWidth(size, available) {
  return (Math.max(1, Math.floor((available * devicePixelRatio) / size)) * size) / devicePixelRatio;
}

/** Show a picture of `size` pixels as large as its parent allows, at a whole number of screen pixels for each of its own. */
export function scaleWhole(element, size, border = 0) {
  const fit = ([{ contentRect }]) => (element.style.width = `${wholeWidth(size, contentRect.width - 2 * border) + 2 * border}px`);
  new ResizeObserver(fit).observe(element.parentElement);
}

/** A square canvas of `side` pixels that is shown about `wanted` CSS pixels wide. */
export function square(side, wanted) {
  const canvas = make("canvas", { width: side, height: side });
  canvas.style.width = canvas.style.height = `${wholeWidth(side, wanted)}px`;
  return canvas;
}

export function figure(content, title) {
  return make("figure", {}, content, make("figcaption", {}, title));
}

/** Radio buttons in a row. options: [[value, text]]. Returns {element}, with a `value` that can be set, which does not call onChange. */
export function choices(title, options, value, onChange) {
  const name = unique("choice");
  const inputs = new Map();
  const labels = options.map(([each, text]) => {
    const input = make("input", { type: "radio", name });
    input.onchange = () => onChange(each);
    inputs.set(each, input);
    return make("label", {}, input, make("span", {}, text));
  });
  const element = make("fieldset", { class: "play-choices" }, make("legend", {}, title), make("div", {}, ...labels));
  const group = {
    element,
    set value(chosen) {
      for (const [each, input] of inputs) input.checked = each === chosen;
    },
  };
  group.value = value;
  return group;
}

/** A slider over a list of values, with the chosen one beside its title. Returns {element}, with a `value` as of choices(). */
export function slider(title, values, value, onChange, inWords = String) {
  const input = make("input", { type: "range", id: unique("slider"), min: 0, max: values.length - 1, step: 1 });
  const output = make("output");
  const show = () => {
    output.textContent = inWords(values[input.value]);
    input.setAttribute("aria-valuetext", inWords(values[input.value]));
  };
  input.oninput = () => {
    show();
    onChange(values[input.value]);
  };
  const control = {
    element: make("label", { class: "play-slider", for: input.id }, make("span", {}, title, " ", output), input), // else it would name its output
    set value(chosen) {
      input.value = values.indexOf(chosen);
      show();
    },
  };
  control.value = value;
  return control;
}

/** A checkbox. */
export function toggle(title, checked, onChange) {
  const input = make("input", { type: "checkbox" });
  input.checked = checked;
  input.onchange = () => onChange(input.checked);
  return { element: make("label", { class: "play-toggle" }, input, make("span", {}, title)), input };
}

export function button(title, onClick) {
  const element = make("button", { type: "button" }, title);
  element.onclick = onClick;
  return element;
}

/** Call move(x, y), shares of the element's box, while a pointer drags over it. */
export function followPointer(element, move) {
  const send = (event) => {
    const box = element.getBoundingClientRect();
    move((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    send(event);
  });
  element.addEventListener("pointermove", (event) => element.hasPointerCapture(event.pointerId) && send(event));
}

/** Call move(down, right) for the arrow keys, five times as far with Shift. */
export function followArrows(element, move) {
  const directions = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  element.addEventListener("keydown", (event) => {
    const direction = directions[event.key];
    if (!direction || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    move(...direction.map((step) => step * (event.shiftKey ? 5 : 1)));
  });
}

/** The one of `values` that is written like `value`, which may come from an address. */
export function pick(values, value, otherwise) {
  return values.find((each) => `${each}` === `${value}`) ?? otherwise;
}

/** The whole number that is written in `value`, which may come from an address. */
export function whole(value, otherwise) {
  return /^-?\d{1,9}$/.test(value ?? "") ? Number(value) : otherwise;
}

/** The frame of a figure: controls above, and a caption that says what is seen. The figure puts them where they belong. */
export function frame(name, controls) {
  const caption = make("p", { class: "play-caption", "aria-live": "polite" });
  const element = make("div", { class: `play play-${name}` }, make("div", { class: "play-controls" }, ...controls));
  return { element, caption, tell: (words) => write(caption, words) };
}

/** Sentences one after the other, without those that are empty. Chinese puts no space between them. */
export function sentences(...parts) {
  return parts.filter(Boolean).reduce((all, next) => t`${all} ${next}`);
}

/** Work that takes a while: `ask(...)` starts it, or, while it runs, leaves it to start again with the newest arguments. */
export function newestOnly(work, fail) {
  let [waiting, working] = [null, false];
  return async (...values) => {
    waiting = values;
    if (working) return;
    working = true;
    while (waiting) {
      const next = waiting;
      waiting = null;
      try {
        await work(...next);
      } catch (error) {
        fail(error);
      }
    }
    working = false;
  };
}
