"""Two pictures side by side in HTML: for a moment only, or to stay."""

import html
from collections.abc import Sequence

from torch import Tensor

from pix2pix_edu.classroom.display import data_url
from pix2pix_edu.images import to_image

SIDE = 256  # pixels of the page for a picture, where there is room
GAP = 16
BOX = (
    f"flex: 1 1 0; max-width: {SIDE}px; aspect-ratio: 1; display: grid; place-items: center; "
    "background: var(--jp-layout-color2, #eee); color: var(--jp-ui-font-color1, #222)"
)
# Each new element begins its animation anew; no clock runs in the kernel.
GLANCE = "<style>@keyframes pix2pix-glance { from, to { visibility: visible } }</style>"


def vanishing(pair: Sequence[Tensor], alts: Sequence[str], seconds: float, pause: float) -> str:
    """An empty frame during the pause, then both pictures for so many seconds."""
    style = f"visibility: hidden; animation: pix2pix-glance {seconds:g}s {pause:g}s"
    gone = 'onanimationend="this.remove()"'  # or scrolling away and back would show it again
    boxes = [f'<div style="{BOX}">{_image(image, alt, style, gone)}</div>' for image, alt in zip(pair, alts, strict=True)]
    return GLANCE + _row(boxes)


def standing(pair: Sequence[Tensor], captions: Sequence[str]) -> str:
    """Both pictures with their captions below."""
    boxes = [
        f'<figure style="margin: 0; flex: 1 1 0; max-width: {SIDE}px">{_image(image, f"{caption} picture")}'
        f'<figcaption style="text-align: center">{html.escape(caption)}</figcaption></figure>'
        for image, caption in zip(pair, captions, strict=True)
    ]
    return _row(boxes)


def _image(image: Tensor, alt: str, style: str = "", attributes: str = "") -> str:
    """A picture enlarged without smoothing; it is decoded at once, for its time may be short."""
    style = f"display: block; width: 100%; image-rendering: pixelated; {style}"
    return f'<img alt="{html.escape(alt)}" src="{data_url(to_image(image))}" decoding="sync" style="{style}" {attributes}>'


def _row(boxes: Sequence[str]) -> str:
    return f'<div style="display: flex; gap: {GAP}px; line-height: 1.4">{"".join(boxes)}</div>'
