"""Lesson 10: after pix2pix. Its first cell imports its tools from here."""

from pix2pix_edu.classroom import play
from pix2pix_edu.classroom.after_pix2pix import checks, figures, tables
from pix2pix_edu.classroom.display import draw_pictures, show
from pix2pix_edu.classroom.questions import predict, review
from pix2pix_edu.classroom.session import start

__all__ = ["checks", "draw_pictures", "figures", "play", "predict", "review", "show", "start", "tables"]
