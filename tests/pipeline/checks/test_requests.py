from __future__ import annotations

import json

import pytest
from botocore import __version__ as botocore
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.aws_model.service_model import operation, service
from pipeline.checks import requests
from pipeline.checks.requests import REQUESTS
from pipeline.language.definition import parse
from pipeline.language.parameters import Value
from pipeline.language.problem import Path
from tests.definitions import get, join
from tests.pipeline.checks.steps import ABSENT, ARGUMENTS, ROLE, Json, changed, parameter, problems_of

NAME = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
HYPHENS = "write letters, digits and hyphens, a hyphen neither first nor last"
AS_TEXT = 'make it text: {"Std:Join": {"On": "", "Values": [...]}}'
MACHINE = "ResourceConfig.InstanceType"
COUNT = "ResourceConfig.InstanceCount"

Case = tuple[str, str, object, str, str, str | None]


def path_of(text: str) -> Path:
    return tuple(int(part) if part.isdigit() else part for part in text.split("."))


@pytest.mark.parametrize("kind", ARGUMENTS)
def test_good_requests_have_no_problem(kind: str) -> None:
    assert problems_of(kind, ARGUMENTS[kind]) == []


LITERALS: dict[str, Case] = {
    "misspelt member": (
        "Training",
        "ResourceConfig.InstanceTyp",
        "ml.m5.large",
        "D201",
        "ResourceConfig has no member 'InstanceTyp'",
        "did you mean 'InstanceType'?",
    ),
    "member of the request": (
        "Training",
        "Rolearn",
        ROLE,
        "D201",
        "CreateTrainingJob has no member 'Rolearn'",
        "did you mean 'RoleArn'?",
    ),
    "member unlike any": (
        "Endpoint",
        "Zzz",
        1,
        "D201",
        "CreateEndpoint has no member 'Zzz'",
        "it has EndpointName, EndpointConfigName, DeploymentConfig, Tags",
    ),
    "number for text": (
        "Endpoint",
        "EndpointName",
        12,
        "D203",
        "EndpointName is 12, and text is needed",
        'write "12"',
    ),
    "list for text": (
        "Endpoint",
        "EndpointName",
        ["a"],
        "D203",
        'EndpointName is ["a"], and text is needed',
        "write text",
    ),
    "number in an environment": (
        "Training",
        "Environment.LEVEL",
        1,
        "D203",
        "Environment.LEVEL is 1, and text is needed",
        'write "1"',
    ),
    "text for an integer": (
        "Training",
        COUNT,
        "2",
        "D203",
        f'{COUNT} is "2", and an integer is needed',
        "write 2",
    ),
    "fraction for an integer": (
        "Training",
        COUNT,
        1.5,
        "D203",
        f"{COUNT} is 1.5, and an integer is needed",
        "write an integer",
    ),
    "Boolean for an integer": (
        "Training",
        COUNT,
        True,
        "D203",
        f"{COUNT} is true, and an integer is needed",
        "write an integer",
    ),
    "text for a Boolean": (
        "Training",
        "EnableNetworkIsolation",
        "True",
        "D203",
        'EnableNetworkIsolation is "True", and true or false is needed',
        "write true",
    ),
    "text for a number": (
        "EndpointConfig",
        "ProductionVariants.0.InitialVariantWeight",
        "0.5",
        "D203",
        'ProductionVariants[0].InitialVariantWeight is "0.5", and a number is needed',
        "write 0.5",
    ),
    "text for a list": (
        "Training",
        "VpcConfig",
        {"Subnets": "subnet-1", "SecurityGroupIds": ["sg-1"]},
        "D203",
        'VpcConfig.Subnets is "subnet-1", and a list is needed',
        'write ["subnet-1"]',
    ),
    "JSON in a text": (
        "Training",
        "VpcConfig",
        {"Subnets": '["subnet-A"]', "SecurityGroupIds": ["sg-1"]},
        "D203",
        r'VpcConfig.Subnets is "[\"subnet-A\"]", and a list is needed',
        'write ["subnet-A"]',
    ),
    "text for a whole number that may be a fraction": (
        "EndpointConfig",
        "ProductionVariants.0.InitialVariantWeight",
        "1",
        "D203",
        'ProductionVariants[0].InitialVariantWeight is "1", and a number is needed',
        "write 1",
    ),
    "text that is no number": (
        "EndpointConfig",
        "ProductionVariants.0.InitialVariantWeight",
        "NaN",
        "D203",
        'ProductionVariants[0].InitialVariantWeight is "NaN", and a number is needed',
        "write a number",
    ),
    "list for a map": (
        "Training",
        "HyperParameters",
        ["epochs"],
        "D203",
        'HyperParameters is ["epochs"], and an object is needed',
        "write an object",
    ),
    "text for a structure": (
        "Training",
        "OutputDataConfig",
        "s3://bucket",
        "D203",
        'OutputDataConfig is "s3://bucket", and an object is needed',
        "write an object",
    ),
    "misspelt value": (
        "Training",
        MACHINE,
        "ml.g4dn.xlrge",
        "D204",
        f'{MACHINE} is "ml.g4dn.xlrge", which is none of its values',
        "did you mean 'ml.g4dn.xlarge'?",
    ),
    "value in another case": (
        "RegisterModel",
        "ModelApprovalStatus",
        "approved",
        "D204",
        'ModelApprovalStatus is "approved", which is none of its values',
        "did you mean 'Approved'?",
    ),
    "value in a list": (
        "RegisterModel",
        "InferenceSpecification.SupportedTransformInstanceTypes",
        ["ml.m5.large", "tpu"],
        "D204",
        'InferenceSpecification.SupportedTransformInstanceTypes[1] is "tpu", which is none of its values',
        "use one of ",
    ),
    "short enum": (
        "Transform",
        "BatchStrategy",
        "zzz",
        "D204",
        'BatchStrategy is "zzz", which is none of its values',
        "use one of MultiRecord, SingleRecord",
    ),
    "name with underscores": (
        "Endpoint",
        "EndpointName",
        "a_b",
        "D205",
        f'EndpointName is "a_b", which does not match {NAME}',
        HYPHENS,
    ),
    "name in a list": (
        "Training",
        "InputDataConfig.0.ChannelName",
        "a b",
        "D205",
        r'InputDataConfig[0].ChannelName is "a b", which does not match [A-Za-z0-9\.\-_]+',
        "write letters, digits, dots, hyphens and underscores",
    ),
    "role of no account": (
        "Training",
        "RoleArn",
        "arn:aws:iam::1:role/jobs",
        "D205",
        (
            'RoleArn is "arn:aws:iam::1:role/jobs", which does not match '
            r"arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"
        ),
        "write the ARN of a role: arn:aws:iam::<account>:role/<name>",
    ),
    "local path for an S3 URI": (
        "Training",
        "OutputDataConfig.S3OutputPath",
        "/tmp/out",
        "D205",
        'OutputDataConfig.S3OutputPath is "/tmp/out", which does not match (https|s3)://([^/]+)/?(.*)',
        "write a URI such as s3://bucket/prefix",
    ),
    "hyperparameter of two lines": (
        "Training",
        "HyperParameters.epochs",
        "1\n2",
        "D205",
        r'HyperParameters.epochs is "1\n2", which does not match .*',
        "write text in one line",
    ),
    "Java's categories": (
        "Training",
        "Tags",
        [{"Key": "Größe", "Value": "1 €"}],
        "D205",
        r'Tags[0].Value is "1 €", which does not match ([\p{L}\p{Z}\p{N}_.:/=+\-@]*)',
        "write letters, digits, spaces and _.:/=+-@",
    ),
    "metadata with a percent sign": (
        "RegisterModel",
        "CustomerMetadataProperties",
        {"Accuracy": "98%"},
        "D205",
        (
            'CustomerMetadataProperties.Accuracy is "98%", which does not match '
            r"([\p{L}\p{Z}\p{N}_.:\/=+\-@]*)${1,256}"
        ),
        "write letters, digits, spaces and _.:/=+-@",
    ),
    "key of a map": (
        "Training",
        "Environment.1A",
        "b",
        "D205",
        'Environment has the key "1A", which does not match [a-zA-Z_][a-zA-Z0-9_]*',
        "write letters, digits and underscores, a digit not first",
    ),
    "long name": (
        "Endpoint",
        "EndpointName",
        "a" * 64,
        "D206",
        f'EndpointName is "{"a" * 58}… with 64 characters, and 63 are the most',
        "use 0 to 63 characters",
    ),
    "empty name": (
        "Training",
        "InputDataConfig.0.ChannelName",
        "",
        "D206",
        'InputDataConfig[0].ChannelName is "" with 0 characters, and 1 is the least',
        "use 1 to 64 characters",
    ),
    "short ARN": (
        "Training",
        "RoleArn",
        "x",
        "D206",
        'RoleArn is "x" with 1 character, and 20 are the least',
        "use 20 to 2048 characters",
    ),
    "empty list": (
        "Training",
        "InputDataConfig",
        [],
        "D207",
        "InputDataConfig has 0 entries, and 1 is the least",
        "use 1 to 20 entries",
    ),
    "full map": (
        "Training",
        "HyperParameters",
        {f"k{number}": "1" for number in range(101)},
        "D207",
        "HyperParameters has 101 entries, and 100 are the most",
        "use 0 to 100 entries",
    ),
    "empty map": (
        "RegisterModel",
        "CustomerMetadataProperties",
        {},
        "D207",
        "CustomerMetadataProperties has 0 entries, and 1 is the least",
        "use 1 to 50 entries",
    ),
    "small number": (
        "Processing",
        "ProcessingResources.ClusterConfig.VolumeSizeInGB",
        0,
        "D208",
        "ProcessingResources.ClusterConfig.VolumeSizeInGB is 0, and 1 is the least",
        "use 1 to 16384",
    ),
    "large number": (
        "Processing",
        "ProcessingResources.ClusterConfig.VolumeSizeInGB",
        20_000,
        "D208",
        "ProcessingResources.ClusterConfig.VolumeSizeInGB is 20000, and 16384 is the most",
        "use 1 to 16384",
    ),
    "number without an upper limit": (
        "EndpointConfig",
        "ProductionVariants.0.InitialVariantWeight",
        -0.5,
        "D208",
        "ProductionVariants[0].InitialVariantWeight is -0.5, and 0 is the least",
        "use 0 or more",
    ),
    "null": ("Training", "Tags", None, "D209", "Tags is null", "leave the member out"),
    "null for what is required": (
        "Training",
        "RoleArn",
        None,
        "D209",
        "RoleArn is null",
        "give it text: it cannot be left out",
    ),
    "null in a list": (
        "Training",
        "AlgorithmSpecification.ContainerEntrypoint",
        [None],
        "D203",
        "AlgorithmSpecification.ContainerEntrypoint[0] is null, and text is needed",
        "write text",
    ),
    "hyperparameter of a tuner": (
        "Tuning",
        "HyperParameterTuningJobConfig.ParameterRanges.ContinuousParameterRanges.0.MinValue",
        0.1,
        "D203",
        (
            "HyperParameterTuningJobConfig.ParameterRanges.ContinuousParameterRanges[0].MinValue is 0.1, "
            "and text is needed"
        ),
        'write "0.1"',
    ),
}


@pytest.mark.parametrize("case", LITERALS.values(), ids=list(LITERALS))
def test_what_a_value_breaks(case: Case) -> None:
    kind, path, value, code, message, hint = case
    (found,) = problems_of(kind, changed(kind, path, value))
    assert (found.code, found.message, found.severity) == (code, f"step 'Step': {message}", "error")
    assert (found.hint or "").startswith(hint or "")
    start = ("Steps", 0, "Arguments", *path_of(path))
    assert found.path[: len(start)] == start


@pytest.mark.parametrize(
    ("kind", "path", "missing", "hint"),
    [
        ("Training", "RoleArn", "RoleArn", "add RoleArn: text"),
        (
            "Training",
            "OutputDataConfig.S3OutputPath",
            "OutputDataConfig.S3OutputPath",
            "add S3OutputPath: text",
        ),
        (
            "Training",
            "AlgorithmSpecification.TrainingInputMode",
            "AlgorithmSpecification.TrainingInputMode",
            "add TrainingInputMode: one of Pipe, File, FastFile",
        ),
        (
            "Processing",
            "ProcessingInputs.0.InputName",
            "ProcessingInputs[0].InputName",
            "add InputName: text",
        ),
        ("EndpointConfig", "ProductionVariants", "ProductionVariants", "add ProductionVariants: a list"),
        ("Endpoint", "EndpointConfigName", "EndpointConfigName", "add EndpointConfigName: text"),
        ("Transform", "TransformInput.DataSource", "TransformInput.DataSource", "add DataSource: an object"),
    ],
)
def test_what_is_missing(kind: str, path: str, missing: str, hint: str) -> None:
    (found,) = problems_of(kind, changed(kind, path, ABSENT))
    assert (found.code, found.message) == ("D202", f"step 'Step': {missing} is missing")
    assert found.hint == hint
    assert found.path == ("Steps", 0, "Arguments", *path_of(path)[:-1])


def test_the_reason_names_the_shape() -> None:
    (found,) = problems_of("Training", changed("Training", MACHINE, "x"))
    assert found.why == f"CreateTrainingJob, shape TrainingInstanceType of botocore {botocore}"


@pytest.mark.parametrize(
    ("kind", "path", "at_key"),
    [
        ("Training", "ResourceConfig.InstanceTyp", True),
        ("Training", "Environment.1A", True),
        ("Training", "Environment.A", False),
    ],
)
def test_keys_are_marked_where_they_are_the_culprit(kind: str, path: str, at_key: bool) -> None:
    value = "two\0" * 600
    (found,) = problems_of(kind, changed(kind, path, value if not at_key else "x"))
    assert found.at_key is at_key


@pytest.mark.parametrize("kind", [kind for kind, request in REQUESTS.items() if request.added])
def test_names_that_the_pipeline_gives_may_be_left_out(kind: str) -> None:
    (name,) = REQUESTS[kind].added
    shape = operation(REQUESTS[kind].operation).input_shape
    assert shape is not None
    assert name in shape.required_members
    if kind in ARGUMENTS:
        arguments = {key: value for key, value in ARGUMENTS[kind].items() if key != name}
        assert problems_of(kind, arguments) == []


def test_every_request_is_one_of_sagemaker() -> None:
    assert {request.operation for request in REQUESTS.values()} <= set(service("sagemaker").operation_names)


def test_all_that_is_wrong_is_said_at_once_in_the_order_of_the_document() -> None:
    arguments = {**ARGUMENTS["Endpoint"], "EndpointName": "a_b", "Tag": [], "Tags": [{"Key": 1}]}
    found = problems_of("Endpoint", arguments)
    assert [(problem.code, problem.path[3:]) for problem in found] == [
        ("D205", ("EndpointName",)),
        ("D201", ("Tag",)),
        ("D202", ("Tags", 0)),
        ("D203", ("Tags", 0, "Key")),
    ]


def test_other_types_of_steps_have_no_request() -> None:
    assert problems_of("Lambda", {"anything": None}) == []


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


def test_a_step_in_a_branch_has_its_place() -> None:
    arguments = changed("Endpoint", "EndpointName", 1)
    inner = {"Name": "Inner", "Type": "Endpoint", "Arguments": arguments}
    condition = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
    outer = {"Conditions": [condition], "IfSteps": [], "ElseSteps": [inner]}
    document = {"Steps": [{"Name": "Outer", "Type": "Condition", "Arguments": outer}]}
    (found,) = requests.problems(parse(json.dumps(document)), {})
    path = ("Steps", 0, "Arguments", "ElseSteps", 0, "Arguments", "EndpointName")
    assert (found.path, found.message) == (path, "step 'Inner': EndpointName is 1, and text is needed")


_NAMES = st.sampled_from(sorted({"S3Input", "Get", *(key for one in ARGUMENTS.values() for key in one)}))
_NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_SCALARS = st.none() | st.booleans() | _NUMBERS | st.text(max_size=5)
_EXPRESSIONS = st.sampled_from(
    [
        get("Parameters.P"),
        get("Steps.Job.ResourceConfig"),
        get("Execution.PipelineName"),
        join("-", "a", get("Parameters.P")),
    ]
)
_VALUES = st.recursive(
    _SCALARS | _EXPRESSIONS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_NAMES | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(kind=st.sampled_from(sorted(ARGUMENTS)), data=st.data())
def test_whatever_stands_in_a_request_there_is_an_answer(kind: str, data: st.DataObject) -> None:
    names = st.sampled_from(sorted(ARGUMENTS[kind]))
    changes = data.draw(st.dictionaries(names, _VALUES, min_size=1))
    for found in problems_of(kind, {**ARGUMENTS[kind], **changes}, [parameter("P", "Integer", 1)]):
        assert found.message
        assert found.hint
        assert found.why
