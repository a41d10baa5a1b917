from __future__ import annotations

from typing import Any

import pytest

from pipeline.preflight.group import group
from tests.pipeline.preflight.conftest import Load
from tests.pipeline.preflight.telling import told
from tests.pipeline.stubs import client_error, stub_session


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param({}, "passed: 'digits' is there", id="there"),
        pytest.param(
            client_error("ValidationException", "ModelPackageGroup digits does not exist"),
            "passed: 'digits' is not there yet; `imgpipe upsert` makes it",
            id="missing",
        ),
        pytest.param(
            client_error("AccessDeniedException", "not authorized"),
            "unknown: could not be checked: the caller may not sagemaker:DescribeModelPackageGroup",
            id="denied",
        ),
    ],
)
def test_group(answer: Any, said: str, load: Load) -> None:
    session = stub_session(local=False, sagemaker={"describe_model_package_group": answer})
    assert told(group(session, load())) == [f"model group: {said}"]
