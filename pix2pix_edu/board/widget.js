
// The board in a notebook: the drawing is sent to Python as a PNG, and the generator's output is shown beside it.

function toPng(labels, size, classes) {
  const canvas = make("canvas", { width: size, height: size });
  paintLabels(canvas, labels, classes);
  return canvas.toDataURL("image/png");
}

/** The class numbers of a PNG: the class of the nearest colour, because some browsers alter colours slightly to prevent fingerprinting. */
async function fromPng(url, size, classes) {
  const image = new Image();
  image.src = url;
  await image.decode();
  const context = make("canvas", { width: size, height: size }).getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, size, size).data;
  const colours = classes.map(toRgb);
  return Uint8Array.from({ length: size * size }, (_, place) => {
    const distances = colours.map((colour) => colour.reduce((sum, value, channel) => sum + (value - pixels[4 * place + channel]) ** 2, 0));
    return distances.indexOf(Math.min(...distances));
  });
}

function render({ model, el }) {
  const [size, classes] = [model.get("size"), model.get("paints")];
  const samples = model.get("samples").map(({ name, labels }) => {
    return { name, labels: new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength) };
  });
  let shown = null; // the sketch that the board shows

  const board = createBoard({ classes, size, samples, onChange: send });
  const photo = make("img", { class: "board-photo" });
  const caption = make("figcaption", { "aria-live": "polite" });
  const [other, first] = ["Other noise", "First noise"].map((name) => make("button", { type: "button" }, name));
  const noise = make("div", { class: "board-row", role: "group", "aria-label": "Noise" }, other, first);
  const column = make("figure", { class: "board board-fake" }, photo, noise, caption);

  function send(labels) {
    shown = toPng(labels, size, classes);
    model.set("sketch", shown);
    model.save_changes();
  }

  async function receive() {
    const sketch = model.get("sketch");
    if (sketch === shown) return;
    shown = sketch;
    board.load(await fromPng(sketch, size, classes));
  }

  function show() {
    photo.src = model.get("fake");
    photo.alt = model.get("alt");
    caption.textContent = model.get("alt");
  }

  function roll(seed) {
    model.set("seed", seed);
    model.save_changes();
  }

  other.onclick = () => roll(model.get("seed") + 1);
  first.onclick = () => roll(0);
  model.on("change:sketch", receive);
  model.on("change:fake change:alt", show);
  show();
  receive();
  el.classList.add("board-widget");
  el.append(board.element, column);
  return () => {
    model.off("change:sketch", receive);
    model.off("change:fake change:alt", show);
  };
}

export default { render };
