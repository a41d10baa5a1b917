from __future__ import annotations

import json

import pytest

from pipeline.checks import requests
from pipeline.checks.substitution import evaluated
from pipeline.language.definition import parse
from pipeline.language.evaluation import UNKNOWN
from pipeline.language.parameters import Value
from tests.definitions import get, join
from tests.pipeline.checks.steps import (
    Json,
    changed,
    parameter,
    path_of,
    problems_of,
)

NAME = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
HYPHENS = "write letters, digits and hyphens, a hyphen neither first nor last"
AS_TEXT = 'make it text: {"Std:Join": {"On": "", "Values": [...]}}'
MACHINE = "ResourceConfig.InstanceType"
COUNT = "ResourceConfig.InstanceCount"


VALUES: dict[str, Value] = {"Name": "digits", "Count": 2}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"a": [1, get("Parameters.Name")]}, {"a": [1, "digits"]}, id="inside"),
        pytest.param(
            {"a": get("Execution.PipelineName"), "b": get("Parameters.Count")},
            {"a": UNKNOWN, "b": 2},
            id="some unknown",
        ),
        pytest.param(get("Parameters.Missing"), UNKNOWN, id="nothing there"),
        pytest.param(join("-", {"a": 1}), UNKNOWN, id="what cannot be joined"),
        pytest.param(None, None, id="null"),
    ],
)
def test_expressions_are_replaced_as_far_as_they_are_known(value: object, expected: object) -> None:
    assert evaluated(value, VALUES) == expected


SUBSTITUTED: dict[str, tuple[str, str, Json, list[Json], dict[str, Value], str, str, str]] = {
    "default": (
        "Training",
        MACHINE,
        get("Parameters.Type"),
        [parameter("Type", "String", "ml.g4dn.xlrge")],
        {},
        "D204",
        f"{MACHINE} is parameter 'Type' with the default \"ml.g4dn.xlrge\", which is none of its values",
        "did you mean 'ml.g4dn.xlarge'?",
    ),
    "choice": (
        "Training",
        MACHINE,
        get("Parameters.Type"),
        [parameter("Type", "String", "ml.g5.xlarge", "ml.g5.xlarge", "ml.g5.xlrge")],
        {},
        "D204",
        f"{MACHINE} is parameter 'Type' with the choice \"ml.g5.xlrge\", which is none of its values",
        "did you mean 'ml.g5.xlarge'?",
    ),
    "value given": (
        "Processing",
        "ProcessingResources.ClusterConfig.InstanceCount",
        get("Parameters.Count"),
        [parameter("Count", "Integer", 1)],
        {"Count": 101},
        "D208",
        (
            "ProcessingResources.ClusterConfig.InstanceCount is parameter 'Count' with the value 101, "
            "and 100 is the most"
        ),
        "use 1 to 100",
    ),
    "range": (
        "Training",
        COUNT,
        get("Parameters.Count"),
        [parameter("Count", "Integer", -1)],
        {},
        "D208",
        f"{COUNT} is parameter 'Count' with the default -1, and 0 is the least",
        "use 0 or more",
    ),
    "length": (
        "Endpoint",
        "EndpointName",
        get("Parameters.Name"),
        [parameter("Name", "String", "a" * 64)],
        {},
        "D206",
        (
            f"EndpointName is parameter 'Name' with the default \"{'a' * 58}… with 64 characters, "
            "and 63 are the most"
        ),
        "use 0 to 63 characters",
    ),
    "pattern": (
        "Transform",
        "TransformOutput.S3OutputPath",
        get("Parameters.Out"),
        [parameter("Out", "String", "bucket/out")],
        {},
        "D205",
        (
            "TransformOutput.S3OutputPath is parameter 'Out' with the default \"bucket/out\", "
            "which does not match (https|s3)://([^/]+)/?(.*)"
        ),
        "write a URI such as s3://bucket/prefix",
    ),
    "String for an integer": (
        "Training",
        COUNT,
        get("Parameters.Count"),
        [parameter("Count", "String", "1")],
        {},
        "D203",
        f"{COUNT} is parameter 'Count' of type String, and an integer is needed",
        "declare the parameter with the type Integer",
    ),
    "Float for an integer": (
        "Training",
        COUNT,
        get("Parameters.Count"),
        [parameter("Count", "Float", 1.0)],
        {},
        "D203",
        f"{COUNT} is parameter 'Count' of type Float, and an integer is needed",
        "declare the parameter with the type Integer",
    ),
    "String for a Boolean": (
        "Training",
        "EnableNetworkIsolation",
        get("Parameters.Shut"),
        [parameter("Shut", "String", "true")],
        {},
        "D203",
        "EnableNetworkIsolation is parameter 'Shut' of type String, and true or false is needed",
        "declare the parameter with the type Boolean",
    ),
    "Integer for text": (
        "Training",
        "Environment.LEVEL",
        get("Parameters.Level"),
        [parameter("Level", "Integer", 1)],
        {},
        "D203",
        "Environment.LEVEL is parameter 'Level' of type Integer, and text is needed",
        AS_TEXT,
    ),
    "parameter for a structure": (
        "Training",
        "VpcConfig",
        get("Parameters.Vpc"),
        [parameter("Vpc", "String", "vpc-1")],
        {},
        "D203",
        "VpcConfig is parameter 'Vpc' of type String, and an object is needed",
        "use an object here",
    ),
    "execution variable for an integer": (
        "Training",
        COUNT,
        get("Execution.PipelineName"),
        [],
        {},
        "D203",
        f"{COUNT} is Execution.PipelineName, which is text, and an integer is needed",
        "use an integer here",
    ),
    "property of another type": (
        "Endpoint",
        "EndpointName",
        get("Steps.Job.ResourceConfig.InstanceCount"),
        [],
        {},
        "D203",
        "EndpointName is Steps.Job.ResourceConfig.InstanceCount, which is an integer, and text is needed",
        AS_TEXT,
    ),
    "list property for text": (
        "Endpoint",
        "EndpointName",
        get("Steps.Job.InputDataConfig"),
        [],
        {},
        "D203",
        "EndpointName is Steps.Job.InputDataConfig, which is a list, and text is needed",
        AS_TEXT,
    ),
    "ARN for a name": (
        "Endpoint",
        "EndpointConfigName",
        get("Steps.Job.TrainingJobArn"),
        [],
        {},
        "D205",
        f"EndpointConfigName is Steps.Job.TrainingJobArn, an ARN, which does not match {NAME}",
        "refer to its name and not to its ARN",
    ),
    "property of another enum": (
        "Training",
        "AlgorithmSpecification.TrainingInputMode",
        get("Steps.Job.TrainingJobStatus"),
        [],
        {},
        "D204",
        (
            "AlgorithmSpecification.TrainingInputMode is Steps.Job.TrainingJobStatus, "
            "which is none of its values"
        ),
        "use one of Pipe, File, FastFile",
    ),
    "join for an integer": (
        "Training",
        COUNT,
        join("", "1"),
        [],
        {},
        "D203",
        f"{COUNT} is a Std:Join, which is text, and an integer is needed",
        "use an integer here",
    ),
    "join of known parts": (
        "Endpoint",
        "EndpointName",
        join("-", "a", "b_"),
        [],
        {},
        "D205",
        f'EndpointName is joined to "a-b_", which does not match {NAME}',
        HYPHENS,
    ),
    "join with a choice": (
        "Endpoint",
        "EndpointName",
        join("-", "a", get("Parameters.Stage")),
        [parameter("Stage", "String", "test", "test", "pre_production")],
        {},
        "D205",
        f'EndpointName is joined to "a-pre_production", which does not match {NAME}',
        HYPHENS,
    ),
    "join of which a part can never match": (
        "Endpoint",
        "EndpointName",
        join("-", "a_b", get("Execution.PipelineExecutionId")),
        [],
        {},
        "D205",
        f'EndpointName is joined of parts, one of them "a_b", which does not match {NAME}',
        HYPHENS,
    ),
    "join with a separator that can never match": (
        "Endpoint",
        "EndpointName",
        join("/", "a", get("Execution.PipelineExecutionId")),
        [],
        {},
        "D205",
        f'EndpointName is joined of parts, one of them "/", which does not match {NAME}',
        HYPHENS,
    ),
    "join that is too long already": (
        "Endpoint",
        "EndpointName",
        join("-", "a" * 60, get("Execution.PipelineExecutionId"), "abc"),
        [],
        {},
        "D206",
        "EndpointName is joined of parts, the known ones with 65 characters, and 63 are the most",
        "use 0 to 63 characters",
    ),
}


@pytest.mark.parametrize("case", SUBSTITUTED.values(), ids=list(SUBSTITUTED))
def test_what_an_expression_breaks(
    case: tuple[str, str, Json, list[Json], dict[str, Value], str, str, str],
) -> None:
    kind, path, value, parameters, values, code, message, hint = case
    (found,) = problems_of(kind, changed(kind, path, value), parameters, values)
    assert (found.code, found.message) == (code, f"step 'Step': {message}")
    assert found.hint == hint
    assert found.path == ("Steps", 0, "Arguments", *path_of(path))


@pytest.mark.parametrize(
    ("kind", "path", "value", "parameters"),
    [
        pytest.param(
            "Training", MACHINE, get("Parameters.T"), [parameter("T", "String", "ml.g5.xlarge")], id="text"
        ),
        pytest.param("Training", COUNT, get("Parameters.N"), [parameter("N", "Integer", 2)], id="integer"),
        pytest.param(
            "EndpointConfig",
            "ProductionVariants.0.InitialVariantWeight",
            get("Parameters.W"),
            [parameter("W", "Integer", 1)],
            id="integer for a number",
        ),
        pytest.param("Training", COUNT, get("Parameters.Missing"), [], id="undeclared parameter"),
        pytest.param("Training", COUNT, get("Steps.Missing.Count"), [], id="missing step"),
        pytest.param("Training", COUNT, get("Steps.Job.Missing"), [], id="missing property"),
        pytest.param("Training", COUNT, get("Execution.Missing"), [], id="missing variable"),
        pytest.param("Training", COUNT, get("Steps.Job.ResourceConfig.InstanceCount"), [], id="property"),
        pytest.param("Training", "VpcConfig", get("Steps.Job.VpcConfig"), [], id="structure"),
        pytest.param("Training", MACHINE, get("Steps.Job.ResourceConfig.InstanceType"), [], id="same enum"),
        pytest.param("Endpoint", "EndpointName", get("Steps.Job.TrainingStartTime"), [], id="timestamp"),
        pytest.param(
            "Endpoint",
            "EndpointName",
            {"Std:JsonGet": {"S3Uri": "s3://bucket/file.json", "Path": "name"}},
            [],
            id="value in a file",
        ),
        pytest.param(
            "Endpoint", "EndpointName", join("-", "a", get("Execution.PipelineExecutionId")), [], id="join"
        ),
        pytest.param(
            "Training",
            "OutputDataConfig.S3OutputPath",
            join("/", "s3:/", get("Steps.Job.TrainingJobName"), "a_b"),
            [],
            id="join with a property",
        ),
        pytest.param(
            "Training",
            "HyperParameters.epochs",
            get("Parameters.N"),
            [parameter("N", "Integer", 2)],
            id="hyperparameters are judged elsewhere",
        ),
    ],
)
def test_expressions_that_may_fit_pass(kind: str, path: str, value: Json, parameters: list[Json]) -> None:
    assert problems_of(kind, changed(kind, path, value), parameters) == []


def test_a_parameter_without_a_value_passes() -> None:
    declared = {"Name": "Type", "Type": "String"}
    arguments = changed("Training", MACHINE, get("Parameters.Type"))
    step = {"Name": "Step", "Type": "Training", "Arguments": arguments}
    text = json.dumps({"Steps": [step], "Parameters": [declared]})
    assert list(requests.problems(parse(text), {})) == []
    (found,) = requests.problems(parse(text), {"Type": "ml.none.large"})
    assert found.message.startswith(
        f"step 'Step': {MACHINE} is parameter 'Type' with the value \"ml.none.large\""
    )
