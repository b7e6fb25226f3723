"""Lesson 07: the paper's experiments. Its first cell imports its tools from here."""

from pix2pix_edu.classroom import play
from pix2pix_edu.classroom.display import draw_pictures, show
from pix2pix_edu.classroom.experiments import checks, figures, tables, trainings
from pix2pix_edu.classroom.questions import predict, review
from pix2pix_edu.classroom.session import start
from pix2pix_edu.experiments import gallery

__all__ = ["checks", "draw_pictures", "figures", "gallery", "play", "predict", "review", "show", "start", "tables", "trainings"]
