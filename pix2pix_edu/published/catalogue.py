"""The five write-ups in their order, the two systems to compare them with, and variants: other readings of the same texts."""

from pix2pix_edu.published.system import System
from pix2pix_edu.published.texts import annotated_reading, cross_entropy, layer_tables, least_squares, linked_code
from pix2pix_edu.published.texts.paper_words import LIBRARY, PAPER_WORDS


def by_name(*systems: System) -> dict[str, System]:
    return {system.name: system for system in systems}


SYSTEMS = by_name(annotated_reading.SYSTEM, least_squares.SYSTEM, cross_entropy.SYSTEM, layer_tables.SYSTEM, linked_code.SYSTEM)
YARDSTICKS = by_name(PAPER_WORDS, LIBRARY)
VARIANTS = by_name(annotated_reading.SIGMOID_TWICE, *layer_tables.READINGS)


def find_system(name: str) -> System:
    everything = {**SYSTEMS, **YARDSTICKS, **VARIANTS}
    if name not in everything:
        raise ValueError(f"there is no system {name}: it must be one of {', '.join(everything)}")
    return everything[name]
