from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from pipeline.errors import UsageError
from pipeline.language.problem import Path, Problem
from pipeline.starting.parameters import FindProblems, check, check_form
from tests.pipeline.starting.definitions import stored, text


def told(given: Mapping[str, str]) -> str:
    with pytest.raises(UsageError) as caught:
        check_form(stored(), given)
    return str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"Epochs": "3", "Threshold": "0.5", "Shuffle": "False", "Instance": "ml.g5.2xlarge"},
        {"Epochs": "-1", "Threshold": "1", "TrainData": "x" * 1024},
        {"Threshold": "1e-3"},
    ],
)
def test_what_fits_the_declarations(given: dict[str, str]) -> None:
    check_form(stored(), given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            {"Epoch": "3"},
            "error R140 unknown-parameter: pipeline 'demo' has no parameter 'Epoch'\n"
            "  it has: Epochs, Instance, Shuffle, Threshold, TrainData\n"
            "  hint:   did you mean 'Epochs'?",
            id="a misspelt name",
        ),
        pytest.param(
            {"x": "3"},
            "error R140 unknown-parameter: pipeline 'demo' has no parameter 'x'\n"
            "  it has: Epochs, Instance, Shuffle, Threshold, TrainData\n"
            "  hint:   the pipeline is as it was last upserted; `imgpipe upsert` brings it up to date",
            id="a name that is like none",
        ),
        pytest.param(
            {"Epochs": "two"},
            "error R141 parameter-type: parameter 'Epochs' is of type Integer, and 'two' is none\n"
            "  hint: write it as Epochs=10",
            id="no integer",
        ),
        pytest.param(
            {"Epochs": "1.5"},
            "error R141 parameter-type: parameter 'Epochs' is of type Integer, and '1.5' is none\n"
            "  hint: write it as Epochs=10",
            id="a fraction for an integer",
        ),
        pytest.param(
            {"Threshold": "90%"},
            "error R141 parameter-type: parameter 'Threshold' is of type Float, and '90%' is none\n"
            "  hint: write it as Threshold=0.9",
            id="no number",
        ),
        pytest.param(
            {"Shuffle": "yes"},
            "error R141 parameter-type: parameter 'Shuffle' is of type Boolean, and 'yes' is none\n"
            "  hint: write it as Shuffle=true",
            id="no Boolean",
        ),
        pytest.param(
            {"Instance": "ml.g5.2xlage"},
            "error R142 parameter-choice: parameter 'Instance' cannot be 'ml.g5.2xlage'\n"
            "  choices: ml.g5.xlarge, ml.g5.2xlarge\n"
            "  hint:    did you mean 'ml.g5.2xlarge'?",
            id="none of the choices",
        ),
        pytest.param(
            {"Instance": "gpu"},
            "error R142 parameter-choice: parameter 'Instance' cannot be 'gpu'\n"
            "  choices: ml.g5.xlarge, ml.g5.2xlarge\n"
            "  hint:    take one of them, or add it to the YAML and `imgpipe upsert`",
            id="like none of the choices",
        ),
        pytest.param(
            {"TrainData": "s" * 1025},
            "error R143 parameter-limit: parameter 'TrainData' has 1,025 characters, and SageMaker takes "
            "1,024\n"
            "  hint: put it in a file on S3 and give the file's URI",
            id="too long",
        ),
    ],
)
def test_what_does_not_fit(given: dict[str, str], expected: str) -> None:
    assert told(given) == expected


def test_everything_is_told_at_once() -> None:
    found = told({"Epochs": "two", "Epoch": "3", "Instance": "gpu"})
    assert [line[:10] for line in found.splitlines() if line.startswith("error")] == [
        "error R141",
        "error R140",
        "error R142",
    ]


def test_too_many() -> None:
    given = {f"P{number}": "1" for number in range(201)}
    assert told(given).startswith(
        "error R143 parameter-limit: 201 parameters are given, and SageMaker takes 200\n"
        "  hint: leave out those that keep their default value"
    )


def nothing(_: str, __: Mapping[str, str]) -> list[Problem]:
    return []


def test_a_parameter_without_a_value() -> None:
    without = stored(parameters=[{"Name": "Run", "Type": "String"}])
    assert check(without, {"Run": "a"}, nothing) == []
    with pytest.raises(UsageError) as caught:
        check(without, {}, nothing)
    assert str(caught.value) == (
        "error R145 parameter-missing: parameter 'Run' of pipeline 'demo' has no default value\n"
        "  hint: add -p Run=VALUE"
    )


class TestValuesThatBreakAStep:
    PLACE = ("Steps", 1, "Arguments", "ErrorMessage")

    def found(self, problem: Problem) -> FindProblems:
        """Looks for problems as the engine does: this one if Epochs is -1, and one that is always there."""
        always = Problem("C102", ("Steps",), "the definition is odd")

        def find(document: str, given: Mapping[str, str]) -> Sequence[Problem]:
            assert document == text()
            return [always, problem] if given.get("Epochs") == "-1" else [always]

        return find

    def test_are_told_with_the_parameter_that_is_read_there(self) -> None:
        problem = Problem(
            "C104", self.PLACE, "step 'Train': epochs is -1, and must be 1 or more", "take 30", "it is so"
        )
        with pytest.raises(UsageError) as caught:
            check(stored(), {"Epochs": "-1", "Threshold": "0.5"}, self.found(problem))
        assert str(caught.value) == (
            "error C104 out-of-range: step 'Train': epochs is -1, and must be 1 or more\n"
            "  given: Epochs=-1\n"
            "  why:   it is so\n"
            "  hint:  take 30"
        )

    def test_are_told_with_those_that_do_not_fit(self) -> None:
        problem = Problem("C104", self.PLACE, "epochs is -1")
        with pytest.raises(UsageError) as caught:
            check(stored(), {"Epochs": "-1", "Instance": "gpu", "Epoch": "1"}, self.found(problem))
        assert [finding.code for finding in caught.value.findings] == ["R142", "R140", "C104"]

    @pytest.mark.parametrize(
        ("path", "given"),
        [
            (("Steps", 0), "Epochs=-1"),
            (("Steps", 9, "Name"), "Epochs=-1"),
            (("Parameters", 0), "Epochs=-1"),
            ((), "Epochs=-1"),
        ],
    )
    def test_may_be_found_beside_what_reads_the_parameter(self, path: Path, given: str) -> None:
        with pytest.raises(UsageError) as caught:
            check(
                stored(),
                {"Epochs": "-1", "Threshold": "0.5"},
                self.found(Problem("C104", path, "it cannot be")),
            )
        assert str(caught.value) == (
            f"error C104 out-of-range: it cannot be\n  given: {given}\n  hint:  give another value of Epochs"
        )

    def test_may_be_read_nowhere(self) -> None:
        problem = Problem("C104", ("Steps",), "it cannot be")
        given = {"Epochs": "-1", "Threshold": "0.5"}
        with pytest.raises(UsageError) as caught:
            check(stored(reads="TrainData"), given, lambda _, values: [problem] if values else [])
        assert str(caught.value) == (
            "error C104 out-of-range: it cannot be\n"
            "  given: Epochs=-1, Threshold=0.5\n"
            "  hint:  give another value of Epochs, Threshold"
        )

    def test_may_only_be_warned_of(self) -> None:
        problem = Problem("C251", self.PLACE, "the family is retired", severity="warning")
        (warning,) = check(stored(), {"Epochs": "-1"}, self.found(problem))
        assert str(warning).startswith(
            "warning C251 retired-instance: the family is retired\n  given: Epochs=-1"
        )

    def test_what_is_wrong_anyway_is_no_matter_of_the_start(self) -> None:
        problem = Problem("C104", self.PLACE, "it cannot be")
        assert check(stored(), {"Epochs": "1"}, self.found(problem)) == []
