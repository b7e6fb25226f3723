"""The numbers in the paper's tables: one for each cell, and none with a spread over seeds."""

from pix2pix_edu.measures.pixels import ColourOverlap
from pix2pix_edu.measures.reader import ReadingScores

REAL_PHOTOS = ReadingScores(0.80, 0.26, 0.21)  # the ceiling in tables 1 to 3: the paper's reader on real Cityscapes photographs

READING = {  # the keys are those of cells.TABLES
    "loss": {  # table 1
        "L1": ReadingScores(0.42, 0.15, 0.11),
        "GAN": ReadingScores(0.22, 0.05, 0.01),
        "cGAN": ReadingScores(0.57, 0.22, 0.16),
        "L1+GAN": ReadingScores(0.64, 0.20, 0.15),
        "L1+cGAN": ReadingScores(0.66, 0.23, 0.17),
    },
    "generator": {  # table 2, at batch 10
        "U-Net, L1": ReadingScores(0.48, 0.18, 0.13),
        "encoder-decoder, L1": ReadingScores(0.35, 0.12, 0.08),
        "U-Net, L1+cGAN": ReadingScores(0.55, 0.20, 0.14),
        "encoder-decoder, L1+cGAN": ReadingScores(0.29, 0.09, 0.05),
    },
    "patch": {  # table 3, images of 256 px
        "1": ReadingScores(0.39, 0.15, 0.10),
        "16": ReadingScores(0.65, 0.21, 0.17),
        "70": ReadingScores(0.66, 0.23, 0.17),
        "286": ReadingScores(0.42, 0.16, 0.11),
    },
    "photo to labels": {  # table 6
        "L1": ReadingScores(0.86, 0.42, 0.35),
        "cGAN": ReadingScores(0.74, 0.28, 0.22),
        "L1+cGAN": ReadingScores(0.83, 0.36, 0.29),
    },
}

COLOURS = {  # histogram intersection of fakes and photographs
    "L1": ColourOverlap(0.81, 0.69, 0.70),
    "cGAN": ColourOverlap(0.87, 0.74, 0.84),
    "L1+cGAN": ColourOverlap(0.86, 0.84, 0.82),
    "patch 1": ColourOverlap(0.83, 0.68, 0.78),
}
