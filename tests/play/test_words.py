"""The words of the figures in JavaScript and of their page: that the Chinese catalogue has each of them, and nothing else."""

import re
from html.parser import HTMLParser

from pix2pix_edu.experiments.cells import TABLES
from pix2pix_edu.files import HERE, read_object
from pix2pix_edu.page.build import BOARDS, SITE
from pix2pix_edu.page.build import HOUSES as HOUSE_BOARD
from pix2pix_edu.play import data
from pix2pix_edu.play.answers import HOUSES
from pix2pix_edu.play.modules import FOLDER
from pix2pix_edu.play.recorded import MARKS, MEASURES, recorded_runs
from pix2pix_edu.play.subjects import SUBJECTS

PLAY, PAGE = (read_object(HERE / "language" / "zh" / f"{name}.json") for name in ("play", "page"))
VALUE = r"\$\{(?:[^{}]|\{[^{}]*\})*\}"
TAGGED = re.compile(rf"(?<![\w$])t`(?=((?:[^`$]|\$(?!\{{)|{VALUE})*)`)")  # looks ahead, to find those within a value as well
NAMES = re.compile(r"(λ \d+|L1|GAN|cGAN|L1\+GAN|L1\+cGAN)")  # the same in every language
READ = ("alt", "aria-label", "placeholder", "title")


def keys():
    """What the modules look up with t`...`."""
    files = [file for folder in (FOLDER, SITE) for file in folder.iterdir() if file.name.endswith(".js") and file.name != "words.js"]
    return {re.sub(VALUE, "{}", text) for file in files for text in TAGGED.findall(file.read_text("utf-8"))}


def words():
    """What the modules look up of the data that Python writes."""
    tables = [recorded_runs(table) for table in TABLES]
    rows = data.variants()["rows"]
    found = [
        *(name for subject in SUBJECTS.values() for name in (*subject.colours, *subject.groups, *subject.samples(64))),
        *HOUSES,
        *(word for board in (HOUSE_BOARD, *BOARDS.values()) for word in (board.title, board.makes, board.words)),
        *(word for table in tables for word in (*table["columns"], *table["rows"])),
        *(measure["title"] for table in tables for measure in table["measures"]),
        *(mark for table in tables for measure in table["measures"] for mark in measure["marks"]),
        *(row["title"] for row in rows),
        *(network["title"] for row in rows for network in row["networks"]),
    ]
    return {word for word in found if word and not NAMES.fullmatch(word)}


class Texts(HTMLParser):
    """The texts of a page that a person reads, code excepted."""

    def __init__(self, page):
        super().__init__()
        self.found, self.inside = set(), ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.inside = tag
        self.found |= {value for name, value in attributes if name in READ}

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, text):
        if self.inside != "code" and text.strip():
            self.found.add(" ".join(text.split()))


def test_the_catalogue_has_every_sentence_of_the_figures_and_every_word_of_their_data_and_nothing_else():
    assert set(MEASURES.values()) | set(MARKS.values()) <= words()
    assert keys() | words() == set(PLAY)


def test_the_page_catalogue_has_every_text_of_the_page_and_nothing_else():
    assert Texts((SITE / "index.html").read_text("utf-8")).found == set(PAGE)


def test_a_text_of_both_catalogues_is_translated_alike():
    assert [text for text in PLAY.keys() & PAGE.keys() if PLAY[text] != PAGE[text]] == []


def test_a_translation_has_the_placeholders_of_its_text():
    for english, chinese in PLAY.items():
        count, numbered = english.count("{}"), [int(number) for number in re.findall(r"\{(\d+)\}", chinese)]
        assert (sorted(numbered), chinese.count("{}")) in (([], count), (list(range(count)), 0)), english


def test_a_translation_has_chinese_punctuation_and_a_space_beside_latin_words():
    for chinese in (*PLAY.values(), *PAGE.values()):
        assert not re.search(r"[\u4e00-\u9fff][,.:;?!()]", chinese), chinese
        assert not re.search(r"[\u4e00-\u9fff][A-Za-z0-9λ]|[A-Za-z0-9λ][\u4e00-\u9fff]", chinese), chinese
