from typing import Any

import pytest

from pipeline import logs
from pipeline.executions import Step
from tests.pipeline.stubs import client_error, stub_session

STREAM = logs.LogStream("/aws/sagemaker/TrainingJobs", "pipelines-abc-Train/")


@pytest.mark.parametrize(
    ("arn", "stream"),
    [
        ("arn:aws:sagemaker:us-east-1:1:training-job/pipelines-abc-Train", STREAM),
        (
            "arn:aws:sagemaker:us-east-1:1:processing-job/p",
            logs.LogStream("/aws/sagemaker/ProcessingJobs", "p/"),
        ),
        (
            "arn:aws:sagemaker:us-east-1:1:transform-job/t",
            logs.LogStream("/aws/sagemaker/TransformJobs", "t/"),
        ),
        ("arn:aws:sagemaker:us-east-1:1:model/m", None),
        (None, None),
    ],
)
def test_the_log_of_a_step(arn: str | None, stream: logs.LogStream | None) -> None:
    assert logs.LogStream.of(Step("Train", "Training", "Executing", job_arn=arn)) == stream


def test_lines_follow_the_tokens_to_the_end() -> None:
    pages = {None: (["a", "b"], "1"), "1": (["c"], "2"), "2": ([], "2")}

    def events(*, nextToken: str | None = None, **_: Any) -> dict[str, Any]:
        messages, token = pages[nextToken]
        return {"events": [{"message": message} for message in messages], "nextForwardToken": token}

    found = {"logStreams": [{"logStreamName": "pipelines-abc-Train/algo-1-0"}]}
    session = stub_session(logs={"describe_log_streams": found, "get_log_events": events})
    assert list(logs.lines(session, STREAM)) == ["a", "b", "c"]


def test_a_job_that_has_not_written_yet_has_no_lines() -> None:
    missing = client_error("ResourceNotFoundException", "The specified log group does not exist.")
    session = stub_session(logs={"describe_log_streams": missing})
    assert list(logs.lines(session, STREAM)) == []
    assert logs.last_lines(session, STREAM, 3) == []


def test_warnings_come_without_time_and_process() -> None:
    event = {"message": "[11/22/2026 21:26:08 WARNING 123] resize is not set [yet]\n"}
    found = {"logStreams": [{"logStreamName": "pipelines-abc-Train/algo-1-0"}]}
    session = stub_session(logs={"describe_log_streams": found, "filter_log_events": {"events": [event]}})
    assert logs.warnings(session, STREAM, 5) == ["resize is not set [yet]"]
    _, (_, request) = session.client("logs").calls
    assert request == {
        "logGroupName": STREAM.group,
        "logStreamNames": ["pipelines-abc-Train/algo-1-0"],
        "filterPattern": '"WARNING"',
    }


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            "[11/22/2026 22:50:56 INFO 1] Epoch[0] Batch [20]#011Speed: 9 samples/sec\n",
            "Epoch[0] Batch [20]  Speed: 9 samples/sec",
        ),
        ("a line of another program", "a line of another program"),
    ],
)
def test_text_of_a_line(line: str, text: str) -> None:
    assert logs.text_of(line) == text


def test_a_job_without_a_log_warns_of_nothing() -> None:
    missing = client_error("ResourceNotFoundException", "The specified log group does not exist.")
    assert logs.warnings(stub_session(logs={"describe_log_streams": missing}), STREAM, 5) == []


def test_last_lines_are_the_newest_of_all_streams() -> None:
    found = {"logStreams": [{"logStreamName": "x/algo-1-0"}, {"logStreamName": "x/algo-2-0"}]}

    def events(*, logStreamName: str, limit: int, startFromHead: bool, **_: Any) -> dict[str, Any]:
        assert not startFromHead
        return {"events": [{"message": f"{logStreamName}:{n}"} for n in range(limit)]}

    session = stub_session(logs={"describe_log_streams": found, "get_log_events": events})
    assert logs.last_lines(session, STREAM, 2) == ["x/algo-2-0:0", "x/algo-2-0:1"]
