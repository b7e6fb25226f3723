"""Lesson 02: the objective. Its first cell imports its tools from here."""

from pix2pix_edu.classroom import play
from pix2pix_edu.classroom.display import draw_pictures, show
from pix2pix_edu.classroom.objective import checks, figures, widgets
from pix2pix_edu.classroom.objective.photographs import same_house
from pix2pix_edu.classroom.questions import predict, review
from pix2pix_edu.classroom.session import start

__all__ = ["checks", "draw_pictures", "figures", "play", "predict", "review", "same_house", "show", "start", "widgets"]
