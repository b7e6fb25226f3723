"""Lesson 06 and its appendix on speed. Their first cells import their tools from here."""

from pix2pix_edu.classroom.display import draw_pictures, draw_translations, show
from pix2pix_edu.classroom.full_run import checks, figures, runs, widgets
from pix2pix_edu.classroom.questions import predict, review
from pix2pix_edu.classroom.session import start

__all__ = ["checks", "draw_pictures", "draw_translations", "figures", "predict", "review", "runs", "show", "start", "widgets"]
