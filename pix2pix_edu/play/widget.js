// A figure in a notebook: its data come from the widget, its state goes back to it, and the kernel runs its networks and opens its files.

import { make, unique } from "./dom.js";
import { keepKeys } from "./keys_of_widget.js";
import { speak, t } from "./words.js";

const PATIENCE = 800; // milliseconds; usually the kernel answers sooner

/** What anywidget calls, for a figure's create function. */
export function renderWith(create) {
  return ({ model, el }) => {
    const view = unique("view");
    const waiting = new Map(); // by the name of the question: how to settle its promise
    const notice = make("p", { class: "play-small", role: "status" });
    let [asked, timer] = [0, 0];

    function question(content, buffers) {
      asked += 1;
      const id = `${view}-${asked}`;
      model.send({ id, ...content }, undefined, buffers);
      timer ||= setTimeout(() => (notice.textContent = t`The kernel is busy. The pictures follow as soon as it answers.`), PATIENCE);
      return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    }

    async function run(names, labels, { mixture, ...given } = {}) {
      const text = Array.from(labels, (label) => label.toString(36)).join("");
      const [{ side }, buffers] = await question({ names, labels: text, ...given }, mixture ? [mixture.buffer] : []);
      if (!side) return [{ fake: toFloats(buffers[0]) }]; // of a network that comes without D
      return side.map((each, i) => ({ fake: toFloats(buffers[2 * i]), logits: toFloats(buffers[2 * i + 1]), side: each }));
    }

    async function load(file) {
      const [, [picture]] = await question({ file });
      return URL.createObjectURL(new Blob([picture], { type: "image/avif" }));
    }

    function receive(answer, buffers) {
      const asker = waiting.get(answer.id);
      if (!asker) return; // another view of the same widget asked
      waiting.delete(answer.id);
      if (!waiting.size) {
        clearTimeout(timer);
        timer = 0;
        notice.textContent = "";
      }
      if (answer.error) asker.reject(new Error(answer.error));
      else asker.resolve([answer, buffers]);
    }

    function remember(state) {
      model.set("state", state);
      model.save_changes();
    }

    model.on("msg:custom", receive);
    speak(model.get("texts") ?? {});
    const { element, stop } = create(model.get("data"), model.get("state"), remember, { run, load });
    el.append(element, notice);
    const stopKeeping = keepKeys(() => el);
    return () => {
      stopKeeping();
      model.off("msg:custom", receive);
      clearTimeout(timer);
      stop?.();
    };
  };
}

const toFloats = ({ buffer, byteOffset, byteLength }) => new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
