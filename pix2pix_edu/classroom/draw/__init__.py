"""Lesson 09: draw and translate. Its first cell imports its tools from here."""

from pix2pix_edu.classroom.display import draw_pictures, show
from pix2pix_edu.classroom.draw import checks, figures, holding, widgets
from pix2pix_edu.classroom.questions import predict, review
from pix2pix_edu.classroom.session import start
from pix2pix_edu.held_norms import with_norms_of

__all__ = ["checks", "draw_pictures", "figures", "holding", "predict", "review", "show", "start", "widgets", "with_norms_of"]
