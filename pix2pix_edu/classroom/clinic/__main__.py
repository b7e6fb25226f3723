"""Train the runs of the clinic: python -m pix2pix_edu.classroom.clinic FOLDER."""

import argparse
from pathlib import Path

from pix2pix_edu.classroom.clinic.patients import PATIENTS, admit

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train the clinic's runs. Runs that are already in the folder are kept.")
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    for patient in PATIENTS:
        if not (folder / f"{patient.file}.json").exists():
            print(patient.file, flush=True)
            admit(patient, folder)
