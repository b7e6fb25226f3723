// The training in a thread of its own, so that the page stays quick.

import { serve } from "./trainer.js";

const answer = serve((message) => globalThis.postMessage(message));
globalThis.onmessage = ({ data }) => answer(data);
