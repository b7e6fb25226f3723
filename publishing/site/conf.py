"""Sphinx's settings for the site. build.py copies this file beside the pages that it writes."""

import re

from sphinx import search
from sphinx.search.zh import SearchChinese


class ChineseByPairs(SearchChinese):
    """The index of a text without spaces between its words: each run of Chinese characters, and each two or three in a row."""

    language_name = "English"  # of the stemmer, for the Latin words among the Chinese ones

    def split(self, input: str) -> list[str]:
        runs = re.findall(r"[\u4e00-\u9fff]+", input)
        parts = (run[place : place + length] for run in runs for length in (2, 3) for place in range(len(run) - length + 1))
        return [*super().split(input), *runs, *parts]


search.languages["zh"] = ChineseByPairs

project = html_title = "pix2pix, taught by running it"
extensions = ["myst_nb", "sphinx.ext.mathjax"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
exclude_patterns = ["downloads"]
nb_execution_mode = "off"  # execute.py has done it
nb_render_markdown_format = "myst"
nb_number_source_lines = False
myst_enable_extensions = ["dollarmath", "colon_fence", "html_image"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
mathjax_path = "mathjax/tex-chtml.js"  # build.py copies it from a package

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = [("explorables.js", {"type": "module"}), ("reachable.js", {"type": "module"})]
html_favicon = "static/icon.svg"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#8a3b00",
        "color-brand-content": "#8a3b00",
        "color-brand-visited": "#8a3b00",
        "font-stack": "system-ui, sans-serif",
        "scheme": "light",
        "blue": "#0072b2",
    },
    "dark_css_variables": {
        "color-brand-primary": "#ff9d5c",
        "color-brand-content": "#ff9d5c",
        "color-brand-visited": "#ff9d5c",
        "scheme": "dark",
        "blue": "#56b4e9",
    },
}
