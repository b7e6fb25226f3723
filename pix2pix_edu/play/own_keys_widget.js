// An invisible widget that keeps the keys of the widgets beside it from the notebook.

import { keepKeys } from "./keys_of_widget.js";

export default { render: ({ el }) => keepKeys(() => el.parentElement) };
