from __future__ import annotations

import pytest
from pydantic import ValidationError

from steps.validate.config import ValidateConfig


def test_every_key_has_a_default() -> None:
    assert list(ValidateConfig().problems()) == []


def test_retired_types_are_told() -> None:
    (found,) = ValidateConfig(instance_type=("ml.m5.large", "ml.m4.xlarge")).problems()
    assert (found.code, found.path) == ("C251", ("instance_type", 1))


def test_unknown_keys_are_refused() -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        ValidateConfig.model_validate({"instance_typ": "ml.m5.large"})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("severity", {"dark": "ignore"}),
        ("instance_count", 0),
        ("on_leak", "ignore"),
        ("min_images_per_class", 0),
        ("on_corrupt", "ignore"),
        ("volume_gb", 0),
        ("max_runtime", "10d"),
    ],
)
def test_values_out_of_range_are_refused(key: str, value: object) -> None:
    with pytest.raises(ValidationError):
        ValidateConfig.model_validate({key: value})


def test_severities_are_by_the_names_of_checks() -> None:
    config = ValidateConfig.model_validate({"severity": {"hidden-file": "ignore", "stray-file": "error"}})
    assert config.severities() == {"hidden-file": "ignore", "stray-file": "error"}
    assert ValidateConfig().severities() == {}
