"""Lessons 00 and 01: pairs. Their first cells import their tools from here."""

from pix2pix_edu.classroom.display import draw_translations, show
from pix2pix_edu.classroom.pairs import checks, figures, widgets
from pix2pix_edu.classroom.questions import predict, review
from pix2pix_edu.classroom.session import start

__all__ = ["checks", "draw_translations", "figures", "predict", "review", "show", "start", "widgets"]
