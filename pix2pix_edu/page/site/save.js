// Two pictures side by side as a file that the browser saves.

import { make } from "./dom.js";

/** Save two square canvases of one size side by side as PNG, each pixel as `scale` pixels. */
export async function saveSideBySide(left, right, scale, name) {
  const side = scale * left.width;
  const sheet = make("canvas", { width: 2 * side, height: side });
  const context = sheet.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(left, 0, 0, side, side);
  context.drawImage(right, side, 0, side, side);
  const blob = await new Promise((resolve) => sheet.toBlob(resolve, "image/png"));
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // some browsers start to read it late
}
