import base64
import hashlib
from typing import Any

import pytest

from pipeline.bundle import Bundle
from pipeline.upserting.desired import Desired

CONTENT = bytes(range(256))
BUNDLE = Bundle("validate", hashlib.sha256(CONTENT).hexdigest(), CONTENT)
DESIRED = Desired("digits", "{}", "bucket", (BUNDLE,), "group", "role", {"team": "vision"}, 4)


def test_all_of_it_goes_through_json() -> None:
    assert Desired.from_json(DESIRED.to_json()) == DESIRED


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        pytest.param(
            {"content": base64.b64encode(b"evil").decode()}, "program validate has another hash", id="other"
        ),
        pytest.param({"content": "§"}, "should contain only ASCII", id="no base64"),
        pytest.param({"sha256": "0" * 64}, "program validate has another hash", id="hash"),
    ],
)
def test_a_program_is_the_one_that_its_hash_names(program: dict[str, Any], reason: str) -> None:
    value = DESIRED.to_json()
    value["programs"][0] |= program
    with pytest.raises(ValueError, match=reason):
        Desired.from_json(value)


def test_nothing_may_be_missing() -> None:
    value = DESIRED.to_json()
    del value["role"]
    with pytest.raises(KeyError, match="role"):
        Desired.from_json(value)
