import pytest

from pipeline.cli.hints import completed
from pipeline.errors import Finding


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (
            "status --local -c config/quickstart.yaml",
            "`imgpipe run --local -c config/quickstart.yaml` makes it",
        ),
        (
            "status --config=a.yaml --json --region eu-west-1",
            "`imgpipe run --config=a.yaml --region eu-west-1` makes it",
        ),
        ("status --profile prod", "`imgpipe run --profile prod` makes it"),
        ("status", "`imgpipe run` makes it"),
    ],
)
def test_commands_in_hints_go_where_the_command_went(words: str, hint: str) -> None:
    finding = Finding("R101", "no-pipeline", "m", hint="`imgpipe run` makes it")
    [told] = completed([finding], words.split())
    assert told.hint == hint


@pytest.mark.parametrize("hint", ["`imgpipe local status`", "did you mean `name`?", None])
def test_other_hints_stay_as_they_are(hint: str | None) -> None:
    [told] = completed([Finding("R1", "x", "m", hint=hint)], ["run", "--local"])
    assert told.hint == hint
