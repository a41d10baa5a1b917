from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.checks import engine, machines
from pipeline.language.definition import read
from pipeline.language.parameters import overridden
from pipeline.language.problem import Problem
from tests.definitions import get

Json = dict[str, Any]
GOLDEN = sorted((Path(__file__).parents[2] / "golden").glob("*.json"))
STEP = "step 'Step': "


def found(kind: str, arguments: Json, *parameters: Json) -> list[str]:
    """What the check says of a step, each with where it stands in the step's Arguments."""
    step = {"Name": "Step", "Type": kind, "Arguments": arguments}
    text = json.dumps({"Version": "2020-12-01", "Parameters": list(parameters), "Steps": [step]})
    definition = read(text).definition
    assert definition is not None
    values, _ = overridden(definition.parameters, {})
    told = []
    for one in machines.problems(definition, values):
        assert one.path[:3] == ("Steps", 0, "Arguments")
        assert one.message.startswith(STEP)
        assert one.hint
        assert one.why
        place = ".".join(map(str, one.path[3:]))
        told.append(f"{one.severity} {one.code} {place}: {one.message.removeprefix(STEP)}")
    return told


def training(instance_type: object, **members: Any) -> Json:
    return {"ResourceConfig": {"InstanceCount": 1, "InstanceType": instance_type, **members}}


def processing(instance_type: object, **members: Any) -> Json:
    return {"ProcessingResources": {"ClusterConfig": {"InstanceType": instance_type, **members}}}


def transform(instance_type: object, **members: Any) -> Json:
    return {"TransformResources": {"InstanceType": instance_type, **members}}


def endpoint(*instance_types: object, **members: Any) -> Json:
    return {"ProductionVariants": [{"InstanceType": one} for one in instance_types], **members}


def machine(default: str | None, *choices: str) -> Json:
    given = {} if default is None else {"DefaultValue": default}
    return {
        "Name": "Machine",
        "Type": "String",
        **given,
        **({"EnumValues": list(choices)} if choices else {}),
    }


KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd"
CHOSEN = get("Parameters.Machine")

GOOD: dict[str, tuple[str, Json, list[Json]]] = {
    "a newer type": ("Training", training("ml.g5.xlarge", VolumeSizeInGB=50), []),
    "no type": ("Training", {"ResourceConfig": {"InstanceCount": 1}}, []),
    "no form of a type": ("Training", training("g5"), []),
    "a type that SageMaker has not": ("Training", training("ml.nope.xlarge", VolumeKmsKeyId=KEY), []),
    "retired choices that are not chosen": (
        "Training",
        training(CHOSEN),
        [machine("ml.g4dn.xlarge", "ml.p2.xlarge", "ml.g4dn.xlarge")],
    ),
    "retired choices, none of them chosen yet": (
        "Training",
        training(CHOSEN),
        [machine(None, "ml.p2.xlarge")],
    ),
    "a key for a volume of EBS": ("Training", training("ml.m5.xlarge", VolumeKmsKeyId=KEY), []),
    "a key that is empty": ("Training", training("ml.g5.xlarge", VolumeKmsKeyId=""), []),
    "a key for the output": (
        "Training",
        {**training("ml.g5.xlarge"), "OutputDataConfig": {"KmsKeyId": KEY}},
        [],
    ),
    "a key for an endpoint on EBS": ("EndpointConfig", endpoint("ml.m5.xlarge", KmsKeyId=KEY), []),
    "a volume as large as the storage": ("Training", training("ml.g4dn.xlarge", VolumeSizeInGB=125), []),
    "a large volume of EBS": ("Processing", processing("ml.m5.xlarge", VolumeSizeInGB=5000), []),
    "a large volume where the storage is not known": (
        "Training",
        training("ml.p5.48xlarge", VolumeSizeInGB=16000),
        [],
    ),
    "serverless": (
        "EndpointConfig",
        {"ProductionVariants": [{"ServerlessConfig": {"MemorySizeInMB": 4096, "MaxConcurrency": 5}}]},
        [],
    ),
}


@pytest.mark.parametrize(("kind", "arguments", "parameters"), GOOD.values(), ids=GOOD.keys())
def test_nothing_is_said_of_machines_that_do_what_is_asked(
    kind: str, arguments: Json, parameters: list[Json]
) -> None:
    assert found(kind, arguments, *parameters) == []


BAD: dict[str, tuple[str, Json, list[Json], list[str]]] = {
    "retired": (
        "Training",
        training("ml.p2.xlarge"),
        [],
        ["warning C251 ResourceConfig.InstanceType: ml.p2.xlarge belongs to a retired family"],
    ),
    "retired for processing": (
        "Processing",
        processing("ml.m4.xlarge"),
        [],
        [
            (
                "warning C251 ProcessingResources.ClusterConfig.InstanceType: "
                "ml.m4.xlarge belongs to a retired family"
            )
        ],
    ),
    "retired for transforming": (
        "Transform",
        transform("ml.c4.xlarge"),
        [],
        ["warning C251 TransformResources.InstanceType: ml.c4.xlarge belongs to a retired family"],
    ),
    "retired behind an endpoint": (
        "EndpointConfig",
        endpoint("ml.m5.xlarge", "ml.p3.2xlarge"),
        [],
        ["warning C251 ProductionVariants.1.InstanceType: ml.p3.2xlarge belongs to a retired family"],
    ),
    "retired in a group": (
        "Training",
        {"ResourceConfig": {"InstanceGroups": [{"InstanceType": "ml.p3dn.24xlarge"}]}},
        [],
        [
            (
                "warning C251 ResourceConfig.InstanceGroups.0.InstanceType: "
                "ml.p3dn.24xlarge belongs to a retired family"
            )
        ],
    ),
    "retired default": (
        "Training",
        training(CHOSEN),
        [machine("ml.p2.xlarge", "ml.p2.xlarge", "ml.g5.xlarge")],
        [
            (
                "warning C251 ResourceConfig.InstanceType: ml.p2.xlarge, the value of parameter 'Machine', "
                "belongs to a retired family"
            )
        ],
    ),
    "key for SSDs, training": (
        "Training",
        training("ml.g5.xlarge", VolumeKmsKeyId=KEY),
        [],
        [
            (
                "error C222 ResourceConfig.VolumeKmsKeyId: ml.g5.xlarge takes no VolumeKmsKeyId: "
                "it keeps data on SSDs of its own"
            )
        ],
    ),
    "key for SSDs, processing": (
        "Processing",
        processing("ml.r5d.large", VolumeKmsKeyId=KEY),
        [],
        [
            (
                "error C222 ProcessingResources.ClusterConfig.VolumeKmsKeyId: ml.r5d.large takes no "
                "VolumeKmsKeyId: it keeps data on SSDs of its own"
            )
        ],
    ),
    "key for SSDs, transforming": (
        "Transform",
        transform("ml.g4dn.xlarge", VolumeKmsKeyId=get("Parameters.Key")),
        [{"Name": "Key", "Type": "String"}],
        [
            (
                "error C222 TransformResources.VolumeKmsKeyId: ml.g4dn.xlarge takes no VolumeKmsKeyId: "
                "it keeps data on SSDs of its own"
            )
        ],
    ),
    "key around a group": (
        "Training",
        {"ResourceConfig": {"VolumeKmsKeyId": KEY, "InstanceGroups": [{"InstanceType": "ml.g5.xlarge"}]}},
        [],
        [
            (
                "error C222 ResourceConfig.VolumeKmsKeyId: ml.g5.xlarge takes no VolumeKmsKeyId: "
                "it keeps data on SSDs of its own"
            )
        ],
    ),
    "key that one choice refuses": (
        "Training",
        training(CHOSEN, VolumeKmsKeyId=KEY),
        [machine("ml.p4d.24xlarge", "ml.m5.xlarge", "ml.g5.xlarge", "ml.p4d.24xlarge")],
        [
            (
                "error C222 ResourceConfig.VolumeKmsKeyId: ml.p4d.24xlarge, the value of parameter "
                "'Machine', takes no VolumeKmsKeyId: it keeps data on SSDs of its own"
            ),
            (
                "warning C272 ResourceConfig.VolumeKmsKeyId: ml.g5.xlarge, a choice of parameter 'Machine', "
                "takes no VolumeKmsKeyId: it keeps data on SSDs of its own"
            ),
        ],
    ),
    "key for an endpoint on SSDs": (
        "EndpointConfig",
        endpoint("ml.m5.xlarge", "ml.g5.xlarge", KmsKeyId=KEY),
        [],
        [
            (
                "warning C271 KmsKeyId: ml.g5.xlarge keeps data on SSDs of its own, "
                "which KmsKeyId does not encrypt"
            )
        ],
    ),
    "more than the storage, processing": (
        "Processing",
        processing("ml.r5d.large", VolumeSizeInGB=76),
        [],
        [
            (
                "error C223 ProcessingResources.ClusterConfig.VolumeSizeInGB: ml.r5d.large has 75 GB of "
                "storage, and gets no more: 76 GB are asked for"
            )
        ],
    ),
    "more than the storage, training": (
        "Training",
        training("ml.g4dn.xlarge", VolumeSizeInGB=get("Parameters.Volume")),
        [{"Name": "Volume", "Type": "Integer", "DefaultValue": 500}],
        [
            (
                "warning C270 ResourceConfig.VolumeSizeInGB: ml.g4dn.xlarge has 125 GB of storage, "
                "and gets no more: 500 GB are asked for"
            )
        ],
    ),
    "serverless memory between the steps": (
        "EndpointConfig",
        {"ProductionVariants": [{"ServerlessConfig": {"MemorySizeInMB": 2000, "MaxConcurrency": 5}}]},
        [],
        [
            (
                "error C225 ProductionVariants.0.ServerlessConfig.MemorySizeInMB: MemorySizeInMB is 2000, "
                "and comes in steps of 1024"
            )
        ],
    ),
    "serverless with two variants, in a VPC": (
        "EndpointConfig",
        {
            "ProductionVariants": [{"ServerlessConfig": {"MemorySizeInMB": 2048}}, {}],
            "VpcConfig": {"Subnets": ["s"], "SecurityGroupIds": ["g"]},
            "EnableNetworkIsolation": True,
        },
        [],
        [
            "error C225 ProductionVariants: a serverless endpoint has one variant, not 2",
            "error C225 VpcConfig: a serverless endpoint takes no VpcConfig",
            "error C225 EnableNetworkIsolation: a serverless endpoint takes no EnableNetworkIsolation",
        ],
    ),
}


@pytest.mark.parametrize(("kind", "arguments", "parameters", "told"), BAD.values(), ids=BAD.keys())
def test_what_aws_does_otherwise(kind: str, arguments: Json, parameters: list[Json], told: list[str]) -> None:
    assert found(kind, arguments, *parameters) == told


def test_a_parameter_of_several_steps_is_told_of_once() -> None:
    steps = [{"Name": f"S{n}", "Type": "Training", "Arguments": training(CHOSEN)} for n in range(3)]
    document = {"Version": "2020-12-01", "Parameters": [machine("ml.p2.xlarge")], "Steps": steps}
    definition = read(json.dumps(document)).definition
    assert definition is not None
    (one,) = machines.problems(definition, {"Machine": "ml.p2.xlarge"})
    assert one.path == ("Steps", 0, "Arguments", "ResourceConfig", "InstanceType")


def test_the_hint_names_another_choice() -> None:
    step = {"Name": "Step", "Type": "Training", "Arguments": training(CHOSEN)}
    declared = machine("ml.p2.xlarge", "ml.p2.xlarge", "ml.p3.2xlarge", "ml.g5.xlarge")
    document = {"Version": "2020-12-01", "Parameters": [declared], "Steps": [step]}
    definition = read(json.dumps(document)).definition
    assert definition is not None
    (one,) = machines.problems(definition, {"Machine": "ml.p2.xlarge"})
    assert one.hint == "make ml.g5.xlarge, another of its choices, the default"
    assert one.why == "EC2 retired P2 in 2024: github.com/aws/deep-learning-containers/pull/3950"


def behind_a_serverless_endpoint(**model: object) -> list[Problem]:
    variant = {
        "VariantName": "all",
        "ModelName": {"Get": "Steps.Model.ModelName"},
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
    }
    steps = [
        {"Name": "Model", "Type": "Model", "Arguments": model},
        {"Name": "Endpoint", "Type": "EndpointConfig", "Arguments": {"ProductionVariants": [variant]}},
    ]
    definition = read(json.dumps({"Version": "2020-12-01", "Steps": steps})).definition
    assert definition is not None
    return list(machines.problems(definition, {}))


def test_the_model_of_a_serverless_endpoint() -> None:
    (one,) = behind_a_serverless_endpoint(VpcConfig={"Subnets": ["subnet-1"]}, EnableNetworkIsolation=False)
    path = ("Steps", 1, "Arguments", "ProductionVariants", 0, "ServerlessConfig")
    message = "step 'Endpoint': a serverless endpoint takes no VpcConfig, which its model 'Model' has"
    assert (one.code, one.path, one.message) == ("C225", path, message)
    assert one.hint == "leave VpcConfig out, or use machines"
    (one,) = behind_a_serverless_endpoint(EnableNetworkIsolation=True)
    assert one.hint == "leave EnableNetworkIsolation out, or use machines"
    assert behind_a_serverless_endpoint(PrimaryContainer={}) == []


def test_expressions_that_are_malformed_are_left_to_others() -> None:
    arguments = training({"Get": "nowhere"}, VolumeKmsKeyId={"Std:Nothing": {}}, VolumeSizeInGB=[{}])
    assert found("Training", {**arguments, "Std:Odd": {"InstanceType": {"Std:Join": 1}}}) == []


EXPECTED = {"incremental": {"C282"}, "machines": {"C251"}, "quickstart": {"C261"}}


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_golden_definitions_have_no_errors(file: Path) -> None:
    problems = engine.problems(file.read_text(encoding="utf-8"))
    assert [one for one in problems if one.severity == "error"] == []
    assert {one.code for one in problems if one.code.startswith("C")} == EXPECTED.get(file.stem, set())
