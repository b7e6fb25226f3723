"""Figures for the site: matplotlib's figures as SVG whose black is the page's ink and whose white is its paper, in light and in dark."""

import html
import io
import re

import matplotlib
from matplotlib.artist import Artist
from matplotlib.colors import same_color
from matplotlib.figure import Figure

from pix2pix_edu.classroom import display

PIXELS_PER_POINT = 100 / 72  # the course's figures have 100 pixels to the inch
BLACK, WHITE = "#010101", "#fefefe"  # what is drawn on a picture keeps its colour: these two are not replaced
COLOUR = re.compile(r"#([0-9a-f]{6})\b")
THEMED = {"0072b2": "blue", "cc79a7": "pink", "f0e442": "yellow"}  # variables of the style sheet: too dark on black, or too light on white


def as_svg(figure: Figure, alt: str) -> str:
    """Return the figure as inline SVG with its alt text."""
    _keep_colours_on_pictures(figure)
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    source = buffer.getvalue()
    width, height = (float(value) for value in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', source).groups())
    drawn = source[source.index(">", source.index("<svg ")) + 1 :]
    drawn = re.sub(r"<(metadata|style).*?</\1>", "", drawn, flags=re.DOTALL)  # a style would hold for the whole page
    drawn = re.sub(r' id="[a-z]+\d*_\d+"', "", drawn)  # names that the next figure has, too
    drawn = re.sub(r"\s*\n\s*", "\n", drawn)
    drawn = re.sub(r"font: ([^;\"]*?[\d.]+px) [^;\"]*", r"font: \1 'DejaVu Sans', Verdana, sans-serif", drawn)
    size = f'width="{width * PIXELS_PER_POINT:.0f}" height="{height * PIXELS_PER_POINT:.0f}" viewBox="0 0 {width:g} {height:g}"'
    return f'<svg class="drawn" role="img" aria-label="{html.escape(alt)}" {size}>{COLOUR.sub(_themed, drawn)}'


def _themed(found: re.Match[str]) -> str:
    """A colour of the page for each grey and for each colour that is too dark or too light on one of the two papers."""
    colour = found[1]
    if f"#{colour}" in (BLACK, WHITE):
        return found[0]
    if colour in THEMED:
        return f"var(--{THEMED[colour]}, #{colour})"
    red, green, blue = (int(colour[place : place + 2], 16) for place in (0, 2, 4))
    if not red == green == blue:
        return found[0]
    share = round(100 * (1 - red / 255))
    return "currentColor" if share == 100 else "var(--paper)" if share == 0 else f"color-mix(in srgb, currentColor {share}%, var(--paper))"


def _keep_colours_on_pictures(figure: Figure) -> None:
    for axes in figure.axes:
        if axes.images and axes.get_label() != "<colorbar>":
            for artist in (*axes.texts, *axes.lines, *axes.patches):
                _keep_colours(artist)


def _keep_colours(artist: Artist) -> None:
    for name in ("color", "edgecolor", "facecolor", "markeredgecolor"):
        get, put = getattr(artist, f"get_{name}", None), getattr(artist, f"set_{name}", None)
        if get and put and not (name == "color" and hasattr(artist, "set_edgecolor")):
            for plain, kept in (("black", BLACK), ("white", WHITE)):
                if same_color(get(), plain):
                    put(kept)


def install() -> None:
    """From now on, every figure of the course's library is shown like this. Called in the kernel that executes a lesson."""
    display.as_html = as_svg
