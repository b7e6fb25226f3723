"""Where that lies which comes along with the library."""

from pathlib import Path

HERE = Path(__file__).parent
DATA = HERE / "data" if (HERE / "data").is_dir() else HERE.parent / "data"  # installed, or in the checkout
