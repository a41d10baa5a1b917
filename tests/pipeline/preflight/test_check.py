from pipeline.errors import Finding
from pipeline.preflight.check import Outcome, failed, not_needed, passed, unknown

FIRST = Finding("R201", "no-data", "no objects under s3://b/train", hint="upload some")
SECOND = Finding("R202", "no-bucket", "bucket 'b' does not exist")


def test_the_line_of_a_failed_check_is_its_first_problem() -> None:
    assert failed("data", FIRST).text == "no objects under s3://b/train"
    assert failed("data", FIRST, SECOND).text == "no objects under s3://b/train (and 1 more)"


def test_what_could_not_be_checked_has_not_passed() -> None:
    check = unknown("quotas", "the caller may not ask")
    assert (check.outcome, check.text) == (Outcome.UNKNOWN, "could not be checked: the caller may not ask")


def test_json() -> None:
    assert failed("data", FIRST).to_json() == {
        "check": "data",
        "outcome": "failed",
        "text": "no objects under s3://b/train",
        "findings": [FIRST.to_json()],
    }
    assert [one("n", "t").to_json()["outcome"] for one in (passed, unknown, not_needed)] == [
        "passed",
        "unknown",
        "not needed",
    ]
