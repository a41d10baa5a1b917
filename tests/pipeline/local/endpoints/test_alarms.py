from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto.backends import get_backend
from moto.cloudwatch.models import Alarm

from pipeline.local.endpoints.alarms import Alarms

ACCOUNT, REGION = "100000000004", "us-east-1"


@pytest.fixture
def backend() -> Iterator[Any]:
    """moto's CloudWatch with two alarms; what a contract with moto is: their names and states."""
    backend = get_backend("cloudwatch")[ACCOUNT][REGION]
    for name in ("calm", "loud"):
        backend.put_metric_alarm(
            name=name,
            namespace="AWS/SageMaker",
            metric_name="Invocation5XXErrors",
            comparison_operator="GreaterThanThreshold",
            evaluation_periods=1,
            period=60,
            threshold=1.0,
            statistic="Sum",
            description="",
            dimensions=[],
            alarm_actions=[],
        )
    yield backend
    backend.delete_alarms(["calm", "loud"])


def test_states_are_as_somebody_set_them(backend: Any) -> None:
    alarms = Alarms(ACCOUNT, REGION)
    assert isinstance(backend.alarms["calm"], Alarm)
    assert alarms.tripped(["calm", "loud"]) == []
    backend.set_alarm_state("loud", "because", "{}", "ALARM")
    backend.set_alarm_state("calm", "because", "{}", "INSUFFICIENT_DATA")
    assert alarms.tripped(["calm", "loud"]) == ["loud"]
    assert alarms.tripped([]) == []


def test_an_alarm_that_is_gone_cannot_say_that_all_is_well(backend: Any) -> None:
    alarms = Alarms(ACCOUNT, REGION)
    assert alarms.missing(["calm", "gone"]) == ["gone"]
    assert alarms.tripped(["calm", "gone"]) == ["gone"]
