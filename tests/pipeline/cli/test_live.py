import io
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.spinner import Spinner

from pipeline.cli.live import picture
from pipeline.executions import Execution, Step
from tests.pipeline.stubs import stub_session


def test_the_picture_names_each_step_with_its_state_and_the_newest_line_of_training() -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    job = "arn:aws:sagemaker:us-east-1:1:training-job/x"
    steps = (
        Step("ValidateImages", "Processing", "Succeeded", begin, begin + timedelta(seconds=3)),
        Step("TrainModel", "Training", "Executing", begin, job_arn=job),
        Step("Gate", "Condition", "Waiting"),
    )
    session = stub_session(
        logs={
            "describe_log_streams": {"logStreams": [{"logStreamName": "x/algo-1-0"}]},
            "get_log_events": {"events": [{"message": "Epoch[1] Validation-accuracy=0.9"}]},
        }
    )
    execution = Execution(
        "arn:aws:sagemaker:us-east-1:1:pipeline/d/execution/a", "d", "Executing", begin, None, steps
    )
    paper = io.StringIO()
    Console(file=paper, width=80).print(picture(session, execution, Spinner("dots")))
    lines = [" ".join(line.split()) for line in paper.getvalue().splitlines()]
    assert lines[0] == "✓ ValidateImages Succeeded 3 s"
    assert "TrainModel Executing" in lines[1]
    assert lines[2:] == ["· Gate Waiting", "Epoch[1] Validation-accuracy=0.9"]
