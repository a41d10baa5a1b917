from __future__ import annotations

import re
from pathlib import Path

from pipeline.config.codes import CODES

REPOSITORY = Path(__file__).parents[3]
SOURCES = [
    *REPOSITORY.glob("pipeline/config/*.py"),
    *REPOSITORY.glob("pipeline/definition/*.py"),
    *REPOSITORY.glob("pipeline/checks/*.py"),
    *REPOSITORY.glob("steps/*/config.py"),
    *REPOSITORY.glob("steps/train/contract.py"),
    *REPOSITORY.glob("steps/*.py"),
]
OWN = re.compile("C[0-9]{3}|D101")
"""Codes of the config, which checks of definitions share."""


def used() -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in SOURCES if path.name != "codes.py"]
    return {code for text in texts for code in re.findall(r'"([CD][0-9]{3})"', text) if OWN.fullmatch(code)}


def test_every_code_that_is_used_is_explained_and_the_other_way_round() -> None:
    assert used() == set(CODES)


def test_codes_are_listed_in_order_and_their_slugs_differ() -> None:
    assert list(CODES) == sorted(CODES)
    assert len({code.slug for code in CODES.values()}) == len(CODES)
