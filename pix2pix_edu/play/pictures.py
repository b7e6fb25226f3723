"""Pictures for the browser: several as one sheet, and a picture as text."""

import base64
import io

from PIL import Image

from pix2pix_edu.experiments.gallery import write_picture


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
    return _data_url("webp", buffer)


def avif(picture: Image.Image) -> str:
    """A picture as a data URL, compressed as the gallery is."""
    buffer = io.BytesIO()
    write_picture(picture, buffer)
    return _data_url("avif", buffer)


def _data_url(kind: str, buffer: io.BytesIO) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
