"""Two pictures side by side in HTML, for a limited time or permanently."""

import html
from collections.abc import Sequence

from torch import Tensor

from pix2pix_edu.classroom.display import data_url
from pix2pix_edu.images import to_image

SIDE = 256  # largest side of a picture on the page, in pixels
GAP = 16
BOX = (
    f"flex: 1 1 0; max-width: {SIDE}px; aspect-ratio: 1; display: grid; place-items: center; "
    "background: var(--jp-layout-color2, #eee); color: var(--jp-ui-font-color1, #222)"
)
# The browser starts this animation for each new element, so the kernel needs no clock.
ANIMATION = "<style>@keyframes pix2pix-glance { from, to { visibility: visible } }</style>"


def timed_pictures(pair: Sequence[Tensor], alts: Sequence[str], seconds: float, pause: float) -> str:
    """Return an empty frame that shows both pictures after `pause` seconds, for `seconds` seconds."""
    style = f"visibility: hidden; animation: pix2pix-glance {seconds:g}s {pause:g}s"
    remove = 'onanimationend="this.remove()"'  # otherwise the picture would be shown again after scrolling away and back
    boxes = [f'<div style="{BOX}">{_image(image, alt, style, remove)}</div>' for image, alt in zip(pair, alts, strict=True)]
    return ANIMATION + _row(boxes)


def captioned_pictures(pair: Sequence[Tensor], captions: Sequence[str]) -> str:
    """Return both pictures with their captions below."""
    boxes = [
        f'<figure style="margin: 0; flex: 1 1 0; max-width: {SIDE}px">{_image(image, f"{caption} picture")}'
        f'<figcaption style="text-align: center">{html.escape(caption)}</figcaption></figure>'
        for image, caption in zip(pair, captions, strict=True)
    ]
    return _row(boxes)


def _image(image: Tensor, alt: str, style: str = "", attributes: str = "") -> str:
    """Return a picture that is enlarged without smoothing, and decoded at once, because its time may be short."""
    style = f"display: block; width: 100%; image-rendering: pixelated; {style}"
    return f'<img alt="{html.escape(alt)}" src="{data_url(to_image(image))}" decoding="sync" style="{style}" {attributes}>'


def _row(boxes: Sequence[str]) -> str:
    return f'<div style="display: flex; gap: {GAP}px; line-height: 1.4">{"".join(boxes)}</div>'
