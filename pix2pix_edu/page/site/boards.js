// Several drawing boards in one place, each with its own network: one chooses what to draw. A board is loaded when it is chosen, and keeps its drawing.

import { choices, make, pick } from "./dom.js";
import { createDraw } from "./draw.js";
import { openNetworks } from "./onnx.js";
import { say, t } from "./words.js";

/** data: that of the first board, as for createDraw, and boards: [{name, title, words, credit}]; without boards, there is only that one. state: {board}. */
export function createBoards({ boards, ...first }, state, onState, tools) {
  if (!boards) return createDraw(first, state, onState, tools);
  const names = boards.map(({ name }) => name);
  const opened = new Map(); // the element of each board, by its name
  const words = make("p", { role: "status" });
  const credit = make("p", { class: "play-small" });
  const place = make("div");
  const chosen = choices(t`Draw`, boards.map(({ name, title }) => [name, say(title)]), pick(names, state.board, names[0]), choose);
  const element = make("div", { class: "play play-boards" }, make("div", { class: "play-controls" }, chosen.element), words, place, credit);
  let now = null;

  async function choose(name) {
    now = name;
    const board = boards.find((each) => each.name === name);
    [words.textContent, credit.textContent] = [say(board.words), board.credit];
    words.classList.remove("notice");
    onState({ board: name });
    try {
      if (!opened.has(name)) opened.set(name, await open(name));
      if (now === name) place.replaceChildren(opened.get(name));
    } catch (error) {
      if (now !== name) return;
      words.textContent = t`This board did not load: ${error.message}. Choose it again to try once more.`;
      words.classList.add("notice");
      chosen.value = null;
    }
  }

  async function open(name) {
    const data = name === names[0] ? first : await load(`figures/draw_${name}.json`);
    const { element: board } = createDraw(data, {}, () => {}, { run: openNetworks(data) });
    board.classList.remove("play"); // it stands within one
    return board;
  }

  choose(pick(names, state.board, names[0]));
  return { element };
}

/** The data of a board, from the folder of this module: a page elsewhere may show the boards, too. */
async function load(path) {
  const response = await fetch(new URL(path, import.meta.url));
  if (!response.ok) throw new Error(`${path} (${response.status})`);
  const data = await response.json();
  return { ...data, fake: new URL(data.fake, import.meta.url).href };
}
