"""Lesson 08: published write-ups. Its first cell imports its tools from here."""

from pix2pix_edu.classroom.curves import draw_runs
from pix2pix_edu.classroom.display import draw_named_pictures, show
from pix2pix_edu.classroom.published import checks, figures, widgets
from pix2pix_edu.classroom.questions import predict, review
from pix2pix_edu.classroom.session import start

__all__ = ["checks", "draw_named_pictures", "draw_runs", "figures", "predict", "review", "show", "start", "widgets"]
