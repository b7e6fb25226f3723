"""Pictures for the browser: several as one sheet, and a picture as text."""

import base64
import io

from PIL import Image


def sheet(pictures: list[Image.Image], columns: int) -> Image.Image:
    """Pictures of one size side by side, in rows."""
    side = pictures[0].width
    whole = Image.new("RGB", (columns * side, -(-len(pictures) // columns) * side))
    for number, picture in enumerate(pictures):
        whole.paste(picture, (number % columns * side, number // columns * side))
    return whole


def webp(picture: Image.Image, quality: int = 90, lossless: bool = False) -> str:
    """A picture as a data URL."""
    buffer = io.BytesIO()
    picture.save(buffer, format="webp", quality=quality, lossless=lossless, method=6)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
