from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from pipeline.errors import RunError, UsageError
from pipeline.session import Session
from pipeline.starting.selective import Source, choose, find_source
from pipeline.starting.stored import Stored
from tests.pipeline.starting.definitions import fail, stored, text
from tests.pipeline.stubs import client_error, stub_session


@pytest.mark.parametrize(
    ("from_step", "only", "selected", "needed"),
    [
        ("Validate", [], "Validate Train Evaluate Gate Register Reject", ""),
        ("Evaluate", [], "Evaluate Gate Register Reject", "Train"),
        ("Gate", [], "Gate Register Reject", "Evaluate"),
        ("Reject", [], "Reject", "Gate"),
        (None, ["Evaluate"], "Evaluate", "Train"),
        (None, ["Evaluate", "Train", "Train"], "Train Evaluate", "Validate"),
    ],
)
def test_the_steps_that_are_asked_for(
    from_step: str | None, only: list[str], selected: str, needed: str
) -> None:
    found = choose(stored(), from_step, only)
    assert (" ".join(found.selected), " ".join(found.needed)) == (selected, needed)


@pytest.mark.parametrize(
    ("from_step", "only", "expected"),
    [
        pytest.param(
            "Trian",
            [],
            "error R104 no-step: pipeline 'demo' has no step 'Trian'\n"
            "  it has: Validate, Train, Evaluate, Gate, Register, Reject, Report\n"
            "  hint:   did you mean 'Train'?",
            id="misspelt",
        ),
        pytest.param(
            None,
            ["Train", "A", "registr"],
            "error R104 no-step: pipeline 'demo' has no step 'A'\n"
            "  it has: Validate, Train, Evaluate, Gate, Register, Reject, Report\n\n"
            "error R104 no-step: pipeline 'demo' has no step 'registr'\n"
            "  it has: Validate, Train, Evaluate, Gate, Register, Reject, Report\n"
            "  hint:   did you mean 'Register'?",
            id="several unknown",
        ),
        pytest.param(
            None,
            ["Gate", "Train"],
            "error R147 bad-selection: Evaluate lies between selected steps\n"
            "  why:  SageMaker wants all steps on the ways between two selected ones selected too\n"
            "  hint: select them too: --only Train,Evaluate,Gate",
            id="a gap",
        ),
        pytest.param(
            None,
            ["Gate", "Validate"],
            "error R147 bad-selection: Train, Evaluate lie between selected steps\n"
            "  why:  SageMaker wants all steps on the ways between two selected ones selected too\n"
            "  hint: select them too: --only Validate,Train,Evaluate,Gate",
            id="a wider gap",
        ),
        pytest.param(
            None,
            ["Report", "Evaluate", "Train"],
            "error R147 bad-selection: the selected steps are not connected: Train,Evaluate | Report\n"
            "  why:  SageMaker runs selected steps only if each is joined to another by what it waits for\n"
            "  hint: start them one after the other, or select what joins them",
            id="two islands",
        ),
        pytest.param(
            "Train",
            ["Gate"],
            "error R147 bad-selection: --from-step and --only cannot be given together\n"
            "  hint: name all steps by --only",
            id="both",
        ),
    ],
)
def test_steps_that_cannot_run_alone(from_step: str | None, only: Sequence[str], expected: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose(stored(), from_step, only)
    assert str(caught.value) == expected


def test_more_steps_than_sagemaker_takes() -> None:
    names = [f"S{number}" for number in range(51)]
    chain = [
        fail(name, *before) for name, before in zip(names, [[], *([name] for name in names)], strict=False)
    ]
    long = Stored("long", json.dumps({"Version": "2020-12-01", "Steps": chain}))
    assert len(choose(long, "S1", []).selected) == 50
    with pytest.raises(UsageError) as caught:
        choose(long, "S0", [])
    assert str(caught.value) == (
        "error R147 bad-selection: 51 steps are selected, and SageMaker takes 50\n"
        "  hint: start all steps: leave out --from-step and --only"
    )


def test_a_definition_that_cannot_be_read() -> None:
    with pytest.raises(RunError) as caught:
        choose(Stored("demo", "{"), "Train", [])
    assert str(caught.value).startswith(
        "error R149 unreadable-definition: the definition of 'demo' cannot be read here, so its steps are "
        "not known\n  reason: it is not JSON"
    )


def arn(number: int, pipeline: str = "demo") -> str:
    return f"arn:aws:sagemaker:us-east-1:123456789012:pipeline/{pipeline}/execution/{number:012}"


class Service:
    """Executions as the service tells of them, numbered from the oldest."""

    def __init__(self) -> None:
        self.executions: list[dict[str, Any]] = []

    def add(
        self,
        status: str,
        succeeded: str,
        outcome: str = "True",
        parameters: dict[str, str] | None = None,
        definition: str | None = None,
    ) -> Service:
        steps = [
            {
                "StepName": name,
                "StepStatus": "Succeeded",
                "Metadata": {"Condition": {"Outcome": outcome}} if name == "Gate" else {},
            }
            for name in succeeded.split()
        ]
        given = [{"Name": name, "Value": value} for name, value in (parameters or {}).items()]
        one = {"status": status, "steps": steps, "given": given, "text": definition or text()}
        self.executions.append(one)
        return self

    def session(self) -> Session:
        def of(PipelineExecutionArn: str) -> dict[str, Any]:
            return self.executions[int(PipelineExecutionArn[-12:])]

        def described(**request: Any) -> Any:
            try:
                return {"PipelineExecutionStatus": of(**request)["status"]}
            except LookupError:
                return client_error("ResourceNotFound", "it does not exist")

        listed = [
            {"PipelineExecutionArn": arn(number), "PipelineExecutionStatus": one["status"]}
            for number, one in reversed(list(enumerate(self.executions)))
        ]
        return stub_session(
            sagemaker={
                "list_pipeline_executions": {"PipelineExecutionSummaries": listed},
                "describe_pipeline_execution": described,
                "list_pipeline_execution_steps": lambda **it: {"PipelineExecutionSteps": of(**it)["steps"]},
                "list_pipeline_parameters_for_execution": lambda **it: {
                    "PipelineParameters": of(**it)["given"]
                },
                "describe_pipeline_definition_for_execution": lambda **it: {
                    "PipelineDefinition": of(**it)["text"]
                },
            }
        )


def source(
    service: Service, *only: str, named: str | None = None, pipeline: Stored | None = None
) -> Source | None:
    pipeline = pipeline or stored()
    return find_source(service.session(), pipeline, choose(pipeline, None, only), named)


def test_the_newest_execution_that_can_serve() -> None:
    service = (
        Service()
        .add("Succeeded", "Validate")
        .add("Failed", "Validate Train")
        .add("Stopped", "Validate Train")
        .add("Failed", "Validate")
        .add("Executing", "Validate Train")
    )
    assert source(service, "Evaluate") == Source(arn(2), {})
    assert source(service, "Train") == Source(arn(3), {})


def test_nothing_is_looked_for_where_nothing_is_needed() -> None:
    service = Service().add("Succeeded", "Validate")
    assert source(service, "Validate", "Train") is None
    assert source(service, "Validate", named=arn(0)) == Source(arn(0), {})


def test_a_step_of_a_branch_needs_the_outcome_that_leads_to_it() -> None:
    service = Service().add("Succeeded", "Gate", "True").add("Failed", "Gate", "False")
    assert source(service, "Register") == Source(arn(0), {})
    assert source(service, "Reject") == Source(arn(1), {})


def test_what_a_source_was_started_with_is_kept() -> None:
    given = {"Epochs": "10", "Threshold": "0.5", "Shuffle": "true", "TrainData": "s3://other/", "Gone": "1"}
    service = Service().add("Succeeded", "Validate", parameters=given)
    found = source(service, "Train", pipeline=stored(epochs=20))
    assert found is not None
    # Epochs was the default of that time: the default of now counts.
    assert found.parameters == {"Threshold": "0.5", "TrainData": "s3://other/"}
    assert found.id == "000000000000"


def test_all_is_kept_of_a_source_whose_definition_cannot_be_read() -> None:
    service = Service().add("Succeeded", "Validate", parameters={"Epochs": "10"}, definition="{")
    assert source(service, "Train") == Source(arn(0), {"Epochs": "10"})


@pytest.mark.parametrize(
    ("service", "only", "named", "expected"),
    [
        pytest.param(
            Service().add("Failed", "Validate"),
            ["Evaluate"],
            arn(0),
            "execution 000000000000 cannot be the source: Train did not succeed in it",
            id="a step failed there",
        ),
        pytest.param(
            Service().add("Executing", "Validate"),
            ["Train"],
            arn(0),
            "execution 000000000000 cannot be the source: it is at 'Executing', and must have ended",
            id="it runs",
        ),
        pytest.param(
            Service().add("Failed", "Gate", "False"),
            ["Register"],
            arn(0),
            "execution 000000000000 cannot be the source: its Gate did not lead to Register",
            id="the other branch",
        ),
        pytest.param(
            Service(),
            ["Train"],
            arn(5),
            "execution 000000000005 cannot be the source: it does not exist",
            id="none",
        ),
        pytest.param(
            Service(),
            ["Train"],
            arn(5, "other"),
            "execution 000000000005 cannot be the source: it is not one of 'demo'",
            id="of another pipeline",
        ),
    ],
)
def test_a_named_source_that_cannot_serve(
    service: Service, only: list[str], named: str, expected: str
) -> None:
    with pytest.raises(RunError) as caught:
        source(service, *only, named=named)
    assert str(caught.value) == (
        f"error R148 no-source: {expected}\n  hint: leave out --source to take the newest that can serve"
    )


def test_no_execution_that_can_serve() -> None:
    service = Service()
    for _ in range(5):
        service.add("Failed", "Validate")
    with pytest.raises(RunError) as caught:
        source(service, "Evaluate", "Gate")
    lack = "Train did not succeed in it"
    assert str(caught.value) == (
        "error R148 no-source: Evaluate, Gate need what Train made, and no execution of 'demo' has it\n"
        f"  tried: 000000000004: {lack}\n"
        f"         000000000003: {lack}\n"
        f"         000000000002: {lack}\n"
        "         … and 2 more\n"
        "  hint:  `imgpipe start` runs all steps; --from-step goes on from an earlier one"
    )


def test_only_so_many_executions_are_looked_at() -> None:
    service = Service().add("Succeeded", "Validate")
    for _ in range(20):
        service.add("Failed", "")
    with pytest.raises(RunError, match="and 17 more"):
        source(service, "Train")
