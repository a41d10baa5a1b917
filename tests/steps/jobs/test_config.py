from __future__ import annotations

import pytest

from steps.jobs.config import WHEN_CAPACITY_IS_SHORT, environment_problems, retry_problems


def said(environment: dict[str, str], longest: int = 10) -> list[tuple[str, str]]:
    return [(one.code, str(one.path[-1])) for one in environment_problems(environment, longest, "a job")]


@pytest.mark.parametrize(
    ("environment", "problems"),
    [
        pytest.param({"A": "", "_B1": "0123456789"}, [], id="good"),
        pytest.param({"1A": "x"}, [("C232", "1A")], id="digit first"),
        pytest.param({"": "x"}, [("C232", "")], id="no name"),
        pytest.param({"A": "01234567890"}, [("C232", "A")], id="long"),
        pytest.param({"sm_x": "a"}, [("C233", "sm_x")], id="reserved in small letters"),
        pytest.param({"SMALL": "a"}, [], id="begins like a reserved one"),
    ],
)
def test_variables(environment: dict[str, str], problems: list[tuple[str, str]]) -> None:
    assert said(environment) == problems


def test_a_reserved_long_secret_is_told_as_all_three() -> None:
    assert [code for code, _ in said({"IMGPIPE_TOKEN": "x" * 11}, 12)] == ["C233", "C232", "C281"]


def test_what_is_retried_by_default_takes_long_intervals() -> None:
    (policy,) = WHEN_CAPACITY_IS_SHORT
    assert (policy.when, policy.interval, policy.backoff) == (("capacity",), "30m", 1.5)
    assert (policy.attempts, policy.expire) == (None, "24h")
    assert list(retry_problems(WHEN_CAPACITY_IS_SHORT)) == []
