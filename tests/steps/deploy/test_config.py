from __future__ import annotations

import pytest
from pydantic import ValidationError

from steps.deploy.config import DeployConfig


def test_nothing_is_deployed_by_default() -> None:
    assert DeployConfig().when == "never"


def test_waiting_for_approval_is_refused_with_a_reason_and_a_way_out() -> None:
    with pytest.raises(ValidationError) as caught:
        DeployConfig.model_validate({"when": "approved"})
    (error,) = caught.value.errors()
    assert error["type"] == "not_in_this_version"
    assert error["msg"] == (
        "'approved' is not available in this version: nothing waits for the approval of a model yet"
    )
    assert error["ctx"] == {"hint": "write gate, to deploy each model that passes the gate, or never"}


def test_other_words_are_refused() -> None:
    with pytest.raises(ValidationError, match="literal_error"):
        DeployConfig.model_validate({"when": "always"})


def test_an_endpoint_name_leaves_room_for_the_execution() -> None:
    assert DeployConfig(endpoint="e" * 37).endpoint == "e" * 37
    with pytest.raises(ValidationError, match="text_length"):
        DeployConfig(endpoint="e" * 38)


def test_retired_types_are_told() -> None:
    assert [one.code for one in DeployConfig(instance_type=("ml.m4.xlarge",)).problems()] == ["C251"]
