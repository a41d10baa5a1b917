from __future__ import annotations

import pytest

from pipeline.aws_model.service_model import operation
from pipeline.local.api.operations import OPERATIONS
from pipeline.local.api.refused import ARGUMENTS
from pipeline.local.execution.steps.registry import EXECUTORS, REFUSED
from pipeline.local.parity import PATH, page


def test_the_page_is_current() -> None:
    assert PATH.read_text() == page(), "run: python -m pipeline.local.parity"


@pytest.mark.parametrize("name", ARGUMENTS)
def test_refused_arguments_exist(name: str) -> None:
    shape = operation(name).input_shape
    assert shape is not None
    assert name in OPERATIONS
    assert set(ARGUMENTS[name]) <= set(shape.members)


def test_a_type_of_step_is_executed_or_refused() -> None:
    assert not set(EXECUTORS) & set(REFUSED)
