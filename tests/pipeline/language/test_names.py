from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.language import definition
from pipeline.language.problem import Problem
from tests.pipeline.language.documents import get, step


@pytest.mark.parametrize(
    ("document", "problems"),
    [
        pytest.param(
            {
                "Steps": [
                    step(
                        "A",
                        arguments={
                            "a": get("Parameter.P"),
                            "b": {"Std:Joim": {}},
                            "c": {"Std:Join": {"On": 1, "Values": []}},
                            "d": {"Std:Join": {"On": "", "Values": [None]}},
                            "e": get("Execution.PipelineArm"),
                            "f": get("Steps.A"),
                        },
                    )
                ]
            },
            [
                Problem(
                    "D141",
                    ("Steps", 0, "Arguments", "a", "Get"),
                    (
                        "step 'A': Get takes Parameters.<name>, Execution.<variable> or "
                        "Steps.<step>.<property>, not 'Parameter.P'"
                    ),
                    hint="did you mean 'Parameters'?",
                ),
                Problem(
                    "D142",
                    ("Steps", 0, "Arguments", "b"),
                    "step 'A': there is no function Std:Joim; there are Get, Std:Join, Std:JsonGet",
                    hint="did you mean 'Std:Join'?",
                ),
                Problem(
                    "D141",
                    ("Steps", 0, "Arguments", "c", "Std:Join"),
                    ('step \'A\': Std:Join takes {"On": text, "Values": [...]}, not {"On": 1, "Values": []}'),
                ),
                Problem(
                    "D141",
                    ("Steps", 0, "Arguments", "d", "Std:Join"),
                    "step 'A': Std:Join joins text, numbers and Booleans, not null",
                ),
                Problem(
                    "D143",
                    ("Steps", 0, "Arguments", "e", "Get"),
                    (
                        "step 'A': 'Execution.PipelineArm': there is no such execution variable; there "
                        "are StartDateTime, CurrentDateTime, PipelineName, PipelineArn, "
                        "PipelineExecutionId, PipelineExecutionArn, TrainingJobName, ProcessingJobName"
                    ),
                    hint="did you mean 'PipelineArn'?",
                ),
                Problem(
                    "D141",
                    ("Steps", 0, "Arguments", "f", "Get"),
                    (
                        "step 'A': Get takes Parameters.<name>, Execution.<variable> or "
                        "Steps.<step>.<property>, not 'Steps.A'"
                    ),
                    hint="name a property of the step, such as Steps.A.<property>",
                ),
            ],
            id="every expression of a step",
        ),
        pytest.param(
            {
                "Steps": [
                    step(
                        "A",
                        arguments={"a": {"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": get("Parameters.P")}}},
                    )
                ]
            },
            [
                Problem(
                    "D141",
                    ("Steps", 0, "Arguments", "a", "Std:JsonGet"),
                    'step \'A\': Std:JsonGet: Path must be text, not {"Get": "Parameters.P"}',
                    hint="write the path out: SageMaker Pipelines evaluates no expression there",
                )
            ],
            id="path of JsonGet",
        ),
        pytest.param(
            {
                "Steps": [
                    step("A", arguments={"a": {"Std:Join": {"On": "", "Values": [{"Std:Jsonget": {}}]}}})
                ]
            },
            [
                Problem(
                    "D142",
                    ("Steps", 0, "Arguments", "a", "Std:Join", "Values", 0),
                    "step 'A': there is no function Std:Jsonget; there are Get, Std:Join, Std:JsonGet",
                    hint="did you mean 'Std:JsonGet'?",
                )
            ],
            id="nested in a join",
        ),
        pytest.param(
            {
                "Parameters": [{"Name": "Epochs"}],
                "Steps": [step("A", arguments={"x": get("Parameters.Epoch"), "y": get("Parameters.Epochs")})],
            },
            [
                Problem(
                    "D301",
                    ("Steps", 0, "Arguments", "x", "Get"),
                    "step 'A': there is no parameter 'Epoch'; there are Epochs",
                    hint="did you mean 'Epochs'?",
                )
            ],
            id="parameter",
        ),
        pytest.param(
            {
                "Steps": [
                    step("Train"),
                    step(
                        "B",
                        arguments={"x": get("Steps.Trian.ModelArtifacts.S3ModelArtifacts")},
                        DependsOn=["train"],
                    ),
                ]
            },
            [
                Problem(
                    "D302",
                    ("Steps", 1, "DependsOn", 0),
                    "step 'B': DependsOn names 'train', which is not a step",
                    hint="did you mean 'Train'?",
                ),
                Problem(
                    "D302",
                    ("Steps", 1, "Arguments", "x", "Get"),
                    "step 'B': it refers to 'Trian', which is not a step",
                    hint="did you mean 'Train'?",
                ),
            ],
            id="step",
        ),
        pytest.param(
            {
                "Steps": [
                    step(
                        "V",
                        "Processing",
                        PropertyFiles=[{"PropertyFileName": "Report", "OutputName": "o", "FilePath": "f"}],
                    ),
                    step(
                        "B",
                        arguments={
                            "x": {
                                "Std:JsonGet": {
                                    "PropertyFile": get("Steps.V.PropertyFiles.Reports"),
                                    "Path": "x",
                                }
                            }
                        },
                    ),
                ]
            },
            [
                Problem(
                    "D303",
                    ("Steps", 1, "Arguments", "x", "Std:JsonGet", "PropertyFile", "Get"),
                    "step 'B': step 'V' has no property file 'Reports'",
                    hint="did you mean 'Report'?",
                )
            ],
            id="property file",
        ),
        pytest.param(
            {
                "Steps": [
                    step("V"),
                    step(
                        "B",
                        arguments={
                            "x": {
                                "Std:JsonGet": {"PropertyFile": get("Steps.V.PropertyFiles.R"), "Path": "x"}
                            }
                        },
                    ),
                ]
            },
            [
                Problem(
                    "D303",
                    ("Steps", 1, "Arguments", "x", "Std:JsonGet", "PropertyFile", "Get"),
                    "step 'B': step 'V' has no property file 'R'",
                    hint="only Processing steps have PropertyFiles, and it is a Training step",
                )
            ],
            id="property file of a training step",
        ),
        pytest.param(
            {"PipelineExperimentConfig": {"ExperimentName": get("Parameters.E")}, "Steps": [step("A")]},
            [
                Problem(
                    "D301",
                    ("PipelineExperimentConfig", "ExperimentName", "Get"),
                    "there is no parameter 'E'; there are none",
                    hint="declare it",
                )
            ],
            id="experiment",
        ),
    ],
)
def test_wrong_expressions_have_their_places_and_fixes(document: Any, problems: list[Problem]) -> None:
    assert list(definition.read(json.dumps(document)).problems) == problems
