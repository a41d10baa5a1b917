from __future__ import annotations

import pytest
from pydantic import ValidationError

from steps.score.config import ScoreConfig


def test_every_key_has_a_default() -> None:
    assert list(ScoreConfig().problems()) == []


def test_retired_types_are_told() -> None:
    (found,) = ScoreConfig(instance_type=("ml.m5.large", "ml.m4.xlarge")).problems()
    assert (found.code, found.path) == ("C251", ("instance_type", 1))


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        ScoreConfig.model_validate({"instance_typ": "ml.m5.large"})
