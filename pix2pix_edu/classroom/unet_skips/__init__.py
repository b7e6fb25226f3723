"""Lesson 03: the U-Net and its skips. Its first cell imports its tools from here."""

from pix2pix_edu.classroom import play
from pix2pix_edu.classroom.display import show
from pix2pix_edu.classroom.questions import predict, review
from pix2pix_edu.classroom.session import start
from pix2pix_edu.classroom.unet_skips import checks, edges, figures, levels, modes, widgets

__all__ = ["checks", "edges", "figures", "levels", "modes", "play", "predict", "review", "show", "start", "widgets"]
