// Recorded trainings side by side: walk from cell to cell, through the houses, the seeds and the moments of training.

import { choices, draw, figure, followArrows, followPointer, frame, make, oncePerFrame, pick, sentences, set, slider, square, whole, write } from "./dom.js";
import { say, t } from "./words.js";

const [TILE, LARGE] = [128, 256]; // CSS pixels, at most, of a picture in the grid and of the large one
const [WIDTH, HEIGHT, LEFT, BELOW] = [272, 132, 30, 18]; // of the curves

/**
 * data: {size, houses, steps, seeds, columns, rows, measures: [{name, title, marks: {name: value}}], x, y, cover: urls of sheets of one row,
 *   start: a name, tested: a count, cells: [{name, title, column, row, scores: {measure: a list for each seed, a value for each step}}]}. The cover has the first house
 *   of every cell, from the first seed, after the last step, and then that of the cell `start` from the other seeds.
 * state: {column, row, house, step, seed, measure}. load(file) resolves to the address of a picture with a row for each step.
 * Returns {element}.
 */
export function createRuns(data, state = {}, onState = () => {}, { load }) {
  const { size, steps, seeds, cells, measures } = data;
  const now = readState(data, state);
  const numbers = Array.from({ length: data.houses }, (_, i) => i + 1);
  const controls = [
    slider(t`House`, numbers, now.house, (house) => change({ house })),
    slider(t`Steps of training`, steps, now.step, (step) => change({ step }), (step) => step.toLocaleString("en")),
    choices(t`Seed`, seeds.map((seed) => [seed, `${seed}`]), now.seed, (seed) => change({ seed })),
    choices(t`Number below each picture`, measures.map(({ name, title }) => [name, say(title)]), now.measure, (measure) => change({ measure })),
  ];
  const { element, caption, tell } = frame("runs", controls.map((control) => control.element));
  const tiles = cells.map((cell) => new CellButton(cell, size, () => change({ column: cell.column, row: cell.row })));
  const wipe = new Wipe(size);
  const small = [null, ...seeds].map((seed) => ({ seed, canvas: square(size, TILE) }));
  const below = small.map(({ seed, canvas }) => figure(canvas, seed === null ? t`input x` : t`seed ${seed}`));
  const curves = new Curves(data);
  const legend = make("p", { class: "play-small" });
  const grid = make("div", { class: "runs-grid", role: "group", "aria-label": t`Cells` }, ...layOut(data, tiles));
  grid.style.setProperty("--columns", data.columns.length);
  const one = make("div", { class: "runs-one" }, wipe.element, make("div", { class: "runs-seeds" }, ...below), make("div", {}, curves.element, legend));
  element.append(make("div", { class: `play-panels${data.rows.length > 1 ? "" : " runs-flat"}` }, grid, one), caption);

  const images = new Map(); // of the runs, by file; null while one is loading, and after it failed until something changes
  let [sheets, loading, failed, trouble, touched, written] = [null, 0, [], "", false, ""];
  const chosen = () => cells.find(({ column, row }) => column === now.column && row === now.row);

  /** Where the cover has this run's picture, or -1. */
  function coverOf(cell, seed) {
    if (now.house !== 1 || now.step !== steps.at(-1)) return -1;
    if (seed === seeds[0]) return cells.indexOf(cell);
    return cell.name === data.start ? cells.length + seeds.indexOf(seed) - 1 : -1;
  }

  /** The image of a run. It is loaded when it is first asked for, and then all is painted again. */
  function imageOf({ name }, seed) {
    const file = `${name}-${seed}`;
    if (!images.has(file)) {
      images.set(file, null);
      loading += 1;
      load(file).then(openImage).then((image) => images.set(file, image), (error) => {
        failed.push(file);
        trouble = t`Some pictures did not load (${error.message}): the next change tries again.`;
      }).finally(() => {
        loading -= 1;
        repaint();
      });
    }
    return images.get(file);
  }

  /** What a run made of the house, painted as soon as it is there. The cover makes the first look quick. */
  function paintFake(canvas, cell, seed, wanted) {
    const place = coverOf(cell, seed);
    const image = (wanted && touched) || place < 0 ? imageOf(cell, seed) : images.get(`${cell.name}-${seed}`);
    if (image) paintTile(canvas, image, now.house - 1, steps.indexOf(now.step), size);
    else if (place >= 0) paintTile(canvas, sheets.cover, place, 0, size);
  }

  const repaint = oncePerFrame(() => {
    const [cell, place, measure] = [chosen(), steps.indexOf(now.step), measures.find(({ name }) => name === now.measure)];
    const numbers = [cell.name, now.measure, now.step, now.seed].join();
    if (numbers !== written) {
      written = numbers;
      for (const tile of tiles) tile.show(tile.cell === cell, measure, seeds.indexOf(now.seed), place);
      curves.show(cell, now);
      write(legend, t`${say(measure.title)}: the seeds of this cell, the other cells in grey.`);
    }
    if (sheets) paint(cell);
    tell(sentences(describe(data, cell, now), loading || !sheets ? t`Loading pictures.` : trouble));
  });

  function paint(cell) {
    for (const tile of tiles) paintFake(tile.canvas, tile.cell, now.seed, false);
    for (const { seed, canvas } of small) seed === null ? paintTile(canvas, sheets.x, now.house - 1, 0, size) : paintFake(canvas, cell, seed, true);
    paintTile(wipe.real, sheets.y, now.house - 1, 0, size);
    paintFake(wipe.fake, cell, now.seed, true);
  }

  function change(values) {
    touched = true;
    for (const file of failed.splice(0)) images.delete(file);
    trouble = "";
    Object.assign(now, values);
    onState({ ...now });
    repaint();
  }

  followArrows(grid, (...direction) => {
    const next = nextCell(data, chosen(), direction.map(Math.sign));
    if (!next) return;
    change({ column: next.column, row: next.row });
    tiles[cells.indexOf(next)].element.focus();
  });
  repaint();
  Promise.all([data.x, data.y, data.cover].map(openImage)).then(([x, y, cover]) => {
    sheets = { x, y, cover };
    repaint();
  }, (error) => tell(t`No pictures: ${error.message}.`));
  return { element };
}

function readState({ columns, rows, cells, start, steps, seeds, measures, houses }, state) {
  const known = (name, values, otherwise) => pick(values, state[name], otherwise);
  const at = { column: known("column", columns, null), row: known("row", rows, null) };
  const cell = cells.find(({ column, row }) => column === at.column && row === at.row) ?? cells.find(({ name }) => name === start);
  const house = Math.min(houses, Math.max(1, whole(state.house, 1)));
  const measure = known("measure", measures.map(({ name }) => name), measures[0].name);
  return { column: cell.column, row: cell.row, house, step: known("step", steps, steps.at(-1)), seed: known("seed", seeds, seeds[0]), measure };
}

/** Headings and tiles, row by row. */
function layOut({ columns, rows, cells }, tiles) {
  const named = rows.length > 1;
  const heads = columns.map((column) => make("div", { class: "runs-head" }, say(column)));
  return [...(named ? [make("div"), ...heads] : []), ...rows.flatMap((row) => [
    ...(named ? [make("div", { class: "runs-head" }, say(row))] : []),
    ...columns.map((column) => tiles[cells.findIndex((cell) => cell.column === column && cell.row === row)]?.element ?? make("div")),
  ])];
}

/** The next cell in a direction, across places where there is none. */
function nextCell({ columns, rows, cells }, from, [down, right]) {
  let [row, column] = [rows.indexOf(from.row) + down, columns.indexOf(from.column) + right];
  for (; row in rows && column in columns; row += down, column += right) {
    const found = cells.find((cell) => cell.row === rows[row] && cell.column === columns[column]);
    if (found) return found;
  }
  return undefined;
}

const titleOf = ({ column, row }) => (row ? t`${say(column)}, ${say(row)}` : say(column));

/** One cell of the grid: a picture above a number. */
class CellButton {
  constructor(cell, size, choose) {
    Object.assign(this, { cell, canvas: square(size, TILE), words: make("span") });
    this.element = make("button", { type: "button", class: "runs-tile" }, this.canvas, this.words);
    this.element.onclick = choose;
  }

  show(chosen, { name, title }, seed, place) {
    const value = this.cell.scores[name][seed][place].toFixed(2);
    write(this.words, this.cell.row ? value : `${say(this.cell.column)} ${value}`);
    set(this.element, { "aria-pressed": chosen, "aria-label": t`${titleOf(this.cell)}: ${say(title)} ${value}`, tabindex: chosen ? 0 : -1 });
  }
}

/** A fake over the real picture, uncovered as far as one drags. */
class Wipe {
  constructor(size) {
    [this.real, this.fake] = [square(size, LARGE), square(size, LARGE)];
    this.line = make("div", { class: "runs-line" });
    const box = make("div", { class: "runs-wipe" }, this.real, this.fake, this.line);
    const hundredths = Array.from({ length: 101 }, (_, i) => i / 100);
    this.input = slider(t`Fake left of the line, real right:`, hundredths, 0.5, (share) => this.show(share), (value) => `${Math.round(100 * value)}%`);
    this.element = make("div", {}, box, this.input.element);
    followPointer(box, (x) => this.show(Math.min(1, Math.max(0, Math.round(100 * x) / 100))));
    this.show(0.5);
  }

  show(share) {
    this.fake.style.clipPath = `inset(0 ${100 - 100 * share}% 0 0)`; // to the left of the line
    this.line.style.left = `${100 * share}%`;
    this.input.value = share;
  }
}

/** One measure during training: the seeds of the chosen cell over the means of the others, and the yardsticks as dashed lines. */
class Curves {
  constructor(data) {
    Object.assign(this, { data, drawn: "", now: draw("circle", { r: 4.5, class: "runs-now" }) });
    this.element = draw("svg", { class: "runs-curves", width: WIDTH, height: HEIGHT, "aria-hidden": "true" });
  }

  /** Another moment of training moves the point only. */
  show(chosen, { measure, step, seed }) {
    const { cells, steps, seeds, measures } = this.data;
    const { marks } = measures.find(({ name }) => name === measure);
    const all = [...cells.flatMap(({ scores }) => scores[measure].flat()), ...Object.values(marks)];
    const [top, end] = [1.05 * Math.max(...all), Math.log(steps.at(-1) / steps[0])];
    const toX = (each) => LEFT + 6 + (Math.log(each / steps[0]) / end) * (WIDTH - LEFT - 26);
    const toY = (value) => HEIGHT - BELOW - (value / top) * (HEIGHT - BELOW - 8);
    set(this.now, { cx: toX(step), cy: toY(chosen.scores[measure][seeds.indexOf(seed)][steps.indexOf(step)]) });
    const drawn = [chosen.name, measure, seed].join();
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const line = (values) => `M${values.map((value, i) => `${toX(steps[i]).toFixed(1)} ${toY(value).toFixed(1)}`).join("L")}`;
    const mean = (rows) => steps.map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
    const apart = [0.1, 0.2, 0.5, 1, 2].find((each) => top / each < 4) ?? 5;
    const ticks = Array.from({ length: Math.ceil(top / apart) }, (_, i) => i * apart);
    this.element.replaceChildren(
      draw("path", { d: `M${LEFT} 4V${HEIGHT - BELOW}H${WIDTH}`, class: "runs-axis" }),
      ...Object.values(marks).map((value) => draw("path", { d: `M${LEFT} ${toY(value).toFixed(1)}H${WIDTH}`, class: "runs-mark" })),
      ...cells.filter((cell) => cell !== chosen).map((cell) => draw("path", { d: line(mean(cell.scores[measure])), class: "runs-other" })),
      ...chosen.scores[measure].map((values, i) => draw("path", { d: line(values), class: seeds[i] === seed ? "runs-this" : "runs-seed" })),
      this.now,
      ...ticks.map((value) => draw("text", { x: LEFT - 5, y: toY(value) + 4, class: "runs-end" }, `${+value.toFixed(1)}`)),
      ...steps.map((each) => draw("text", { x: toX(each), y: HEIGHT - 4, class: "runs-middle" }, `${each}`)),
    );
  }
}

/** The numbers of the figure in words. */
function describe({ measures, seeds, steps, tested }, cell, { house, step, seed, measure }) {
  const { title, marks } = measures.find(({ name }) => name === measure);
  const values = seeds.map((_, i) => cell.scores[measure][i][steps.indexOf(step)]);
  const told = Object.entries(marks).map(([name, value]) => `${say(name)} ${value.toFixed(2)}`);
  const [own, low, high] = [values[seeds.indexOf(seed)], Math.min(...values), Math.max(...values)].map((value) => value.toFixed(2));
  return sentences(
    t`${titleOf(cell)}, seed ${seed}, house ${house}, after ${step.toLocaleString("en")} steps.`,
    told.length
      ? t`Over ${tested} unseen houses: ${say(title)} ${own}, all seeds ${low} to ${high} (${told.reduce((all, next) => t`${all}, ${next}`)}).`
      : t`Over ${tested} unseen houses: ${say(title)} ${own}, all seeds ${low} to ${high}.`,
  );
}

async function openImage(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  URL.revokeObjectURL(url); // if a kernel sent it; does nothing to other addresses
  return image;
}

function paintTile(canvas, image, column, row, size) {
  canvas.getContext("2d").drawImage(image, column * size, row * size, size, size, 0, 0, size, size);
}
