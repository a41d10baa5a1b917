from __future__ import annotations

import re

import pytest

from pipeline.config.document import parse
from pipeline.config.mending import mend
from pipeline.config.source import Source
from tests.pipeline.config.conftest import WHOLE, Refuse


def heads(told: str) -> list[tuple[int, str]]:
    """Line and code of each finding."""
    return [(int(line), code) for line, code in re.findall(r"^c\.yaml:(\d+):\d+: error (\S+)", told, re.M)]


TRAIN = WHOLE + "train:\n  hyperparameters:\n"

TOGETHER = {
    "duplicate key and schema": (WHOLE + "name: b\nscore: {instance_count: 0}\n", [(8, "C004"), (9, "C104")]),
    "duplicate key and rule": (
        WHOLE + "name: b\ntrain: {instance_type: ml.m5.large}\n",
        [(8, "C004"), (9, "C201")],
    ),
    "tag and schema": (
        WHOLE + "region: !x eu-west-1\nscore: {instance_count: 0}\n",
        [(8, "C005"), (9, "C104")],
    ),
    "a tagged number is one mistake": (WHOLE + "score: {instance_count: !!int 2}\n", [(8, "C005")]),
    "number as a key and schema": (WHOLE + "1: a\nscore: {instance_count: 0}\n", [(8, "C010"), (9, "C104")]),
    "half a character is one mistake": (WHOLE + 'region: "\\ud800"\n', [(8, "C001")]),
    "unknown value and rules of the same section": (
        TRAIN + "    use_pretrained_model: 1\n    optimizer: sdg\n    num_layers: 20\n"
        '    image_shape: "1,64,64"\n    resize: 32\n',
        [(11, "C105"), (12, "C202"), (13, "C202"), (14, "C204")],
    ),
    "items of a list that lack a key, and a rule about the item after them": (
        WHOLE + "train:\n  retry:\n  - {}\n  - {when: [capacity, x]}\n"
        "  - {when: throttling, attempts: 1, expire: 1h}\n",
        [(10, "C101"), (11, "C105"), (12, "C234")],
    ),
    "a key that is missing because it is misspelt": (
        WHOLE + "train:\n  retry:\n  - whenn: capacity\n  - {when: capacity, expire: 1s}\n",
        [(10, "C102"), (11, "C234")],
    ),
    "rules that read the unknown value are not applied": (
        TRAIN + "    use_pretrained_model: 1\n    num_layers: 51\n    resize: 32\n",
        [(11, "C105"), (12, "C204")],
    ),
    "wrong image_shape, right resize": (
        TRAIN + "    image_shape: 64\n    resize: 32\n    multi_label: 1\n",
        [(10, "C103"), (12, "C205")],
    ),
    "misspelt key that a rule reads": (
        TRAIN + "    epoch: 100\n    checkpoint_frequency: 50\n",
        [(10, "C102")],
    ),
    "other misspelt key": (
        TRAIN + "    colour: 1\n    epochs: 10\n    checkpoint_frequency: 50\n",
        [(10, "C102"), (12, "C207")],
    ),
    "wrong item of a list, and a rule about another": (
        WHOLE + "train:\n  instance_type:\n    - 5\n    - ml.g5.xlarge\n    - g5.large\n    - ml.m5.large\n",
        [(10, "C103"), (12, "C106"), (13, "C201")],
    ),
    "no right item of a list": (
        WHOLE + "train: {instance_type: [5], algorithm: x}\n",
        [(8, "C103"), (8, "C105")],
    ),
    "one wrong text for a list": (WHOLE + "train: {instance_type: m5.large}\n", [(8, "C106")]),
    "value that is needed, and a rule beside it": (
        WHOLE.replace("0.9", "90") + "  source: training\n  macro_f1: 0.5\n",
        [(7, "C104"), (9, "C221")],
    ),
    "wrong metric, wrong source": (
        WHOLE + "  source: trainin\n  macro_f1: 0.5\n",
        [(8, "C105")],
    ),
    "wrong prefix, no overlap claimed": (
        WHOLE.replace("s3://my-bucket/train", "my-bucket").replace("/validation", "/train/x"),
        [(4, "C106")],
    ),
    "rule about the whole config": (
        WHOLE.replace("digits", "d" * 64) + "score: {instance_count: 0}\n",
        [(2, "C212"), (8, "C104")],
    ),
    "wrong group, no claim about the name": (
        WHOLE.replace("digits", "d" * 64) + "register: {group: a_b}\n",
        [(8, "C106")],
    ),
    "weights that do not exist": (
        WHOLE + "train:\n  algorithm: x\n  pretrained: {weights: w.pth}\n",
        [(9, "C105"), (10, "C208")],
    ),
}


@pytest.mark.parametrize(("text", "findings"), TOGETHER.values(), ids=TOGETHER.keys())
def test_all_that_is_wrong_is_told_at_once(
    refuse: Refuse, text: str, findings: list[tuple[int, str]]
) -> None:
    assert heads(refuse(text)) == findings


@pytest.mark.parametrize(
    "text", ["a: 1\n", "data: 5\ngate: x\n", "data: {}\ngate: {}\n"], ids=["nothing", "no sections", "empty"]
)
def test_whatever_a_config_needs_has_a_stand_in(text: str) -> None:
    mended = mend(parse(Source("c.yaml", tuple(text.split("\n")))).root)
    assert mended.errors
    assert mended.config.gate.accuracy == 1.0
