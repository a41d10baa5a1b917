from __future__ import annotations

import pytest

from tests.pipeline.checks.steps import (
    ROLE,
    changed,
    path_of,
    problems_of,
)

NAME = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
HYPHENS = "write letters, digits and hyphens, a hyphen neither first nor last"
AS_TEXT = 'make it text: {"Std:Join": {"On": "", "Values": [...]}}'
MACHINE = "ResourceConfig.InstanceType"
COUNT = "ResourceConfig.InstanceCount"

Case = tuple[str, str, object, str, str, str | None]


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
        "D205",
        r'RoleArn is "x", which does not match arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+',
        "write the ARN of a role: arn:aws:iam::<account>:role/<name>",
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
