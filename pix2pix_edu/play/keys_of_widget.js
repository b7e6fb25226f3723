// Keys that are pressed in a figure are the figure's own. The notebook around it would take them for shortcuts: "d" twice deletes a cell.

const MARK = "data-lm-suppress-shortcuts"; // Notebook 7 and older JupyterLabs look for no shortcut from such an element upward

/** Whether the notebook hears a key all the same: what runs a cell, and what saves. */
function isForNotebook({ key = "", altKey, ctrlKey, metaKey, shiftKey }) {
  return key === "Enter" ? altKey || ctrlKey || metaKey || shiftKey : (ctrlKey || metaKey) && key.toLowerCase() === "s";
}

/** Keep keys within the element that find() returns, also after a click beside its controls. Returns a function that ends this. */
export function keepKeys(find) {
  let marked = null;
  const stop = (event) => isForNotebook(event) || event.stopPropagation();
  function prepare(event) {
    const element = find();
    if (!element?.contains(event.target)) return;
    marked?.removeAttribute(MARK); // it may be around the next target
    marked = event.target;
    marked.toggleAttribute(MARK, !isForNotebook(event));
    element.addEventListener("keydown", stop); // for JupyterLab; added twice, it is still called once
    element.tabIndex = -1; // else a click on a picture gives the focus to the notebook
    element.style.outline = "none";
  }
  for (const type of ["keydown", "pointerdown"]) addEventListener(type, prepare, true); // before the notebook, which listens at the document
  return () => ["keydown", "pointerdown"].forEach((type) => removeEventListener(type, prepare, true));
}
