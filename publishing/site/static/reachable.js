// What is wider than its place can be scrolled by keyboard, too: it gets a place in the order of the Tab key.

const WIDE = "pre, .table-wrapper, .widget, .math-wrapper, div.math";

function reach() {
  for (const element of document.querySelectorAll(WIDE)) {
    const scrolls = element.scrollWidth > element.clientWidth && getComputedStyle(element).overflowX !== "visible";
    if (scrolls) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  }
}

new ResizeObserver(reach).observe(document.body);
