from __future__ import annotations

import pytest

from pipeline.checks import experiments
from pipeline.language.problem import Problem
from tests.pipeline.checks.definitions import Json, document, found_by, get, join, step

EXPERIMENT = "PipelineExperimentConfig"


@pytest.mark.parametrize(
    ("top", "problem"),
    [
        pytest.param(
            {EXPERIMENT: "mine"},
            Problem(
                "D144",
                (EXPERIMENT,),
                'PipelineExperimentConfig must be an object, not "mine"',
                "with ExperimentName, TrialName",
            ),
            id="text",
        ),
        pytest.param(
            {EXPERIMENT: {"Experiment": "mine"}},
            Problem(
                "D144",
                (EXPERIMENT, "Experiment"),
                "PipelineExperimentConfig has an unknown key 'Experiment'",
                "did you mean 'ExperimentName'?",
                at_key=True,
            ),
            id="unknown key",
        ),
        pytest.param(
            {EXPERIMENT: {"TrialName": 5}},
            Problem("D144", (EXPERIMENT, "TrialName"), "TrialName must be text, not 5", "write text"),
            id="number",
        ),
        pytest.param(
            {EXPERIMENT: {"TrialName": join("a", get("Steps.T.TrainingJobName"))}},
            Problem(
                "D144",
                (EXPERIMENT, "TrialName", "Std:Join", "Values", 1, "Get"),
                "TrialName comes from step 'T', and is needed before any step runs",
                "use text, parameters and what begins with Execution",
            ),
            id="out of a step",
        ),
        pytest.param(
            {"MlflowConfig": {"Arn": "arn"}},
            Problem(
                "D144",
                ("MlflowConfig", "Arn"),
                "MlflowConfig has an unknown key 'Arn'",
                "there are MlflowResourceArn, MlflowExperimentName",
                at_key=True,
            ),
            id="MLflow",
        ),
    ],
)
def test_malformed_configs(top: Json, problem: Problem) -> None:
    assert found_by(experiments.problems, document(step("T"), **top)) == [problem]


def test_configs_as_the_sdk_writes_them() -> None:
    experiment = {
        "ExperimentName": get("Execution.PipelineName"),
        "TrialName": get("Execution.PipelineExecutionId"),
    }
    top: Json = {
        EXPERIMENT: experiment,
        "MlflowConfig": {"MlflowResourceArn": "arn", "MlflowExperimentName": None},
    }
    assert found_by(experiments.problems, document(step("T"), **top)) == []
    assert found_by(experiments.problems, document(step("T"), PipelineExperimentConfig=None)) == []
