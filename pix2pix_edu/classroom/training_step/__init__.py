"""Lesson 05: the training step. Its first cell imports its tools from here."""

from pix2pix_edu.classroom import play
from pix2pix_edu.classroom.curves import draw_runs
from pix2pix_edu.classroom.display import show
from pix2pix_edu.classroom.questions import predict, review
from pix2pix_edu.classroom.session import start
from pix2pix_edu.classroom.training_step import checks, figures, widgets
from pix2pix_edu.classroom.training_step.gradients import gradient_of, weights

__all__ = ["checks", "draw_runs", "figures", "gradient_of", "play", "predict", "review", "show", "start", "weights", "widgets"]
