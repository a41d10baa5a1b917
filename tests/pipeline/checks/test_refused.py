from __future__ import annotations

import pytest

from pipeline.checks import refused
from pipeline.language.problem import Problem
from tests.pipeline.checks.definitions import Json, condition, document, found_by, get, join, parameter, step


@pytest.mark.parametrize(
    ("definition", "problems"),
    [
        pytest.param(
            document(step("C", "EndpointConfig", {"DataCaptureConfig": {}})),
            [
                Problem(
                    "D411",
                    ("Steps", 0, "Arguments", "DataCaptureConfig"),
                    (
                        "step 'C': SageMaker Pipelines refuses DataCaptureConfig in a step of type "
                        "EndpointConfig"
                    ),
                    hint="leave it out, and let a Lambda step or whoever deploys approved models set it",
                    why=(
                        "AWS's engineers say that SageMaker Pipelines rejects it (sagemaker-python-sdk, "
                        "pull request 6153)"
                    ),
                    at_key=True,
                )
            ],
            id="data capture",
        ),
        pytest.param(
            document(step("C", "EndpointConfig", {"ExplainerConfig": {}})),
            [
                Problem(
                    "D411",
                    ("Steps", 0, "Arguments", "ExplainerConfig"),
                    (
                        "step 'C': SageMaker Pipelines refuses ExplainerConfig in a step of type "
                        "EndpointConfig"
                    ),
                    hint="leave it out, and let a Lambda step or whoever deploys approved models set it",
                    why=(
                        "AWS's engineers say that SageMaker Pipelines rejects it (sagemaker-python-sdk, "
                        "pull request 6153)"
                    ),
                    at_key=True,
                )
            ],
            id="explainer",
        ),
        pytest.param(
            document(step("E", "Endpoint", {"DeploymentConfig": {}})),
            [
                Problem(
                    "D411",
                    ("Steps", 0, "Arguments", "DeploymentConfig"),
                    ("step 'E': SageMaker Pipelines refuses DeploymentConfig in a step of type Endpoint"),
                    hint="leave it out, and let a Lambda step or whoever deploys approved models set it",
                    why=(
                        "AWS's engineers say that SageMaker Pipelines rejects it (sagemaker-python-sdk, "
                        "pull request 6153)"
                    ),
                    at_key=True,
                )
            ],
            id="deployment",
        ),
        pytest.param(
            document(
                step(
                    "R",
                    "RegisterModel",
                    {"CertifyForMarketplace": False, "Description": "x", "ModelPackageDescription": "x"},
                )
            ),
            [
                Problem(
                    "D411",
                    ("Steps", 0, "Arguments", "CertifyForMarketplace"),
                    (
                        "step 'R': SageMaker Pipelines refuses CertifyForMarketplace in a step of type "
                        "RegisterModel"
                    ),
                    hint="leave it out",
                    why=(
                        "the SageMaker SDK drops it: not available in the workflow service, which would "
                        "reject it"
                    ),
                    at_key=True,
                ),
                Problem(
                    "D411",
                    ("Steps", 0, "Arguments", "Description"),
                    ("step 'R': SageMaker Pipelines refuses Description in a step of type RegisterModel"),
                    hint="write ModelPackageDescription",
                    why=(
                        "the SageMaker SDK drops it: not available in the workflow service, which would "
                        "reject it"
                    ),
                    at_key=True,
                ),
            ],
            id="marketplace and description",
        ),
        pytest.param(
            document(step("E", "Endpoint", RetryPolicies=[{"ExceptionType": ["Step.THROTTLING"]}])),
            [
                Problem(
                    "D412",
                    ("Steps", 0, "RetryPolicies"),
                    "step 'E': a step of type Endpoint takes no RetryPolicies",
                    hint="leave them out",
                    why=(
                        '"Retry Policy for Pipeline Steps" in the SageMaker guide names the types that '
                        "take them"
                    ),
                    at_key=True,
                )
            ],
            id="retries of an endpoint",
        ),
        pytest.param(
            document({**condition("C"), "RetryPolicies": [{"ExceptionType": ["Step.THROTTLING"]}]}),
            [
                Problem(
                    "D412",
                    ("Steps", 0, "RetryPolicies"),
                    "step 'C': a step of type Condition takes no RetryPolicies",
                    hint="leave them out",
                    why=(
                        '"Retry Policy for Pipeline Steps" in the SageMaker guide names the types that '
                        "take them"
                    ),
                    at_key=True,
                )
            ],
            id="retries of a condition",
        ),
        pytest.param(
            document(
                step(
                    "M",
                    "Model",
                    RetryPolicies=[{"ExceptionType": ["Step.THROTTLING", "SageMaker.CAPACITY_ERROR"]}],
                )
            ),
            [
                Problem(
                    "D412",
                    ("Steps", 0, "RetryPolicies", 0, "ExceptionType", 1),
                    (
                        "step 'M': a step of type Model starts no job, and so cannot answer "
                        "SageMaker.CAPACITY_ERROR"
                    ),
                    hint="write Step.SERVICE_FAULT or Step.THROTTLING",
                    why="ModelStep of the SageMaker SDK refuses it",
                )
            ],
            id="job exceptions of a model",
        ),
        pytest.param(
            document(
                step(
                    "M", "RegisterModel", RetryPolicies=[{"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"]}]
                )
            ),
            [
                Problem(
                    "D412",
                    ("Steps", 0, "RetryPolicies", 0, "ExceptionType", 0),
                    (
                        "step 'M': a step of type RegisterModel starts no job, and so cannot answer "
                        "SageMaker.JOB_INTERNAL_ERROR"
                    ),
                    hint="write Step.SERVICE_FAULT or Step.THROTTLING",
                    why="ModelStep of the SageMaker SDK refuses it",
                )
            ],
            id="job exceptions of a registration",
        ),
        pytest.param(
            document(step("M", "Model", CacheConfig={"Enabled": True, "ExpireAfter": "P1D"})),
            [
                Problem(
                    "D413",
                    ("Steps", 0, "CacheConfig"),
                    "step 'M': a step of type Model cannot be cached",
                    hint="leave it out",
                    why='"Caching Pipeline Steps" in the SageMaker guide names the types that can',
                    at_key=True,
                )
            ],
            id="cached model",
        ),
        pytest.param(
            document(
                step("F", "Fail", {"ErrorMessage": "no"}, CacheConfig={"Enabled": True, "ExpireAfter": "P1D"})
            ),
            [
                Problem(
                    "D413",
                    ("Steps", 0, "CacheConfig"),
                    "step 'F': a step of type Fail cannot be cached",
                    hint="leave it out",
                    why='"Caching Pipeline Steps" in the SageMaker guide names the types that can',
                    at_key=True,
                )
            ],
            id="cached fail",
        ),
        pytest.param(
            document(
                step(
                    "T",
                    arguments={
                        "HyperParameters": {"epochs": 10, "early_stopping": True, "x": None, "y": [1, 2]}
                    },
                )
            ),
            [
                Problem(
                    "D414",
                    ("Steps", 0, "Arguments", "HyperParameters", "epochs"),
                    "step 'T': hyperparameter 'epochs' must be text, not 10",
                    hint='write it as text: "10"',
                    why="HyperParameters of CreateTrainingJob maps text to text",
                ),
                Problem(
                    "D414",
                    ("Steps", 0, "Arguments", "HyperParameters", "early_stopping"),
                    "step 'T': hyperparameter 'early_stopping' must be text, not true",
                    hint='write it as text, "True" or "true", as the algorithm reads it',
                    why="HyperParameters of CreateTrainingJob maps text to text",
                ),
                Problem(
                    "D414",
                    ("Steps", 0, "Arguments", "HyperParameters", "x"),
                    "step 'T': hyperparameter 'x' must be text, not null",
                    hint="leave it out",
                    why="HyperParameters of CreateTrainingJob maps text to text",
                ),
                Problem(
                    "D414",
                    ("Steps", 0, "Arguments", "HyperParameters", "y"),
                    "step 'T': hyperparameter 'y' must be text, not [1, 2]",
                    hint='write it as text, "1,2" or "[1, 2]", as the algorithm reads it',
                    why="HyperParameters of CreateTrainingJob maps text to text",
                ),
            ],
            id="hyperparameters that are no text",
        ),
        pytest.param(
            document(
                step("T", arguments={"HyperParameters": {"epochs": get("Parameters.Epochs")}}),
                parameters=(parameter("Epochs", "Integer", DefaultValue=3),),
            ),
            [
                Problem(
                    "D414",
                    ("Steps", 0, "Arguments", "HyperParameters", "epochs"),
                    (
                        "step 'T': hyperparameter 'epochs' must be text, and Parameters.Epochs is a whole"
                        " number"
                    ),
                    hint=(
                        'write {"Std:Join": {"On": "", "Values": [{"Get": "Parameters.Epochs"}]}}, which '
                        "is text"
                    ),
                    why="HyperParameters of CreateTrainingJob maps text to text",
                )
            ],
            id="hyperparameter of a number parameter",
        ),
        pytest.param(
            document(
                step("V"),
                step("T", arguments={"HyperParameters": {"n": get("Steps.V.TrainingTimeInSeconds")}}),
            ),
            [
                Problem(
                    "D414",
                    ("Steps", 1, "Arguments", "HyperParameters", "n"),
                    (
                        "step 'T': hyperparameter 'n' must be text, and Steps.V.TrainingTimeInSeconds is "
                        "a whole number"
                    ),
                    hint=(
                        'write {"Std:Join": {"On": "", "Values": [{"Get": '
                        '"Steps.V.TrainingTimeInSeconds"}]}}, which is text'
                    ),
                    why="HyperParameters of CreateTrainingJob maps text to text",
                )
            ],
            id="hyperparameter of a property",
        ),
        pytest.param(
            document(
                step(
                    "T",
                    arguments={"HyperParameters": {"n": {"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": "n"}}}},
                )
            ),
            [
                Problem(
                    "D415",
                    ("Steps", 0, "Arguments", "HyperParameters", "n"),
                    "step 'T': hyperparameter 'n' is whatever the file holds, and must be text",
                    hint=(
                        'write {"Std:Join": {"On": "", "Values": [{"Std:JsonGet": {"S3Uri": "s3://b/k", '
                        '"Path": "n"}}]}}, which is text'
                    ),
                    why="HyperParameters of CreateTrainingJob maps text to text",
                    severity="warning",
                )
            ],
            id="hyperparameter out of a file",
        ),
        pytest.param(
            document(
                step("T", "Tuning", {"TrainingJobDefinition": {"StaticHyperParameters": {"epochs": 1.5}}})
            ),
            [
                Problem(
                    "D414",
                    ("Steps", 0, "Arguments", "TrainingJobDefinition", "StaticHyperParameters", "epochs"),
                    "step 'T': hyperparameter 'epochs' must be text, not 1.5",
                    hint='write it as text: "1.5"',
                    why="HyperParameters of CreateTrainingJob maps text to text",
                )
            ],
            id="static hyperparameter of a tuning job",
        ),
    ],
)
def test_what_the_service_refuses(definition: Json, problems: list[Problem]) -> None:
    assert found_by(refused.problems, definition) == problems


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param(
            document(
                step(
                    "C",
                    "EndpointConfig",
                    {"ProductionVariants": []},
                    RetryPolicies=[{"ExceptionType": ["Step.THROTTLING"]}],
                    CacheConfig={"Enabled": True, "ExpireAfter": "P1D"},
                ),
                step("M", "Model", RetryPolicies=[{"ExceptionType": ["Step.SERVICE_FAULT"]}]),
            ),
            id="what is taken",
        ),
        pytest.param(
            document(
                step(
                    "T",
                    arguments={
                        "HyperParameters": {
                            "a": "1",
                            "b": join(get("Parameters.N")),
                            "c": get("Parameters.S"),
                            "d": get("Execution.PipelineName"),
                        }
                    },
                ),
                parameters=(parameter("N", "Integer"), parameter("S")),
            ),
            id="text in every form",
        ),
        pytest.param(
            document(
                step("T", arguments={"HyperParameters": get("Parameters.S")}), parameters=(parameter("S"),)
            ),
            id="nothing known",
        ),
    ],
)
def test_what_the_service_takes(definition: Json) -> None:
    assert found_by(refused.problems, definition) == []
