"""Which packages are installed; everything else is in pyproject.toml, which has no way to add data/ to the packages it finds."""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["pix2pix_edu*"]), "pix2pix_edu.data"], package_dir={"pix2pix_edu.data": "data"})
