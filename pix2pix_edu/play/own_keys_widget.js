// An invisible widget that keeps the keys of the widgets beside it from the notebook.

import { keepKeys } from "./keys_of_widget.js";

function render({ el }) {
  el.classList.add("own-keys");
  return keepKeys(() => el.parentElement);
}

export default { render };
