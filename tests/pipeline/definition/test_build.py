from __future__ import annotations

import copy
import json
import logging
import os
import socket
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import boto3
import jsonschema
import pytest

from pipeline.account import PLACEHOLDERS, AccountFacts
from pipeline.bundle import bundle
from pipeline.checks.engine import problems
from pipeline.definition import build_definition
from pipeline.errors import ConfigError
from tests.definitions import ALL_STEPS, Json, config, definition, get, step, steps
from tests.pipeline.definition.published_schema import published_schema

REPOSITORY = Path(__file__).parents[3]

VARIANTS: dict[str, Json] = {
    "least": {},
    "deployed": {"deploy": {"when": "gate"}},
    "gate on the training metric": {"gate": {"accuracy": 0.9, "source": "training"}},
    "all metrics": {
        "gate": {
            "accuracy": 0.9,
            "macro_f1": 0.8,
            "worst_class_recall": 0.7,
            "top_5_accuracy": 0.99,
            "expected_calibration_error": 0.1,
        }
    },
    "lists and an own machine for evaluation": {
        "validate": {"instance_type": ["ml.m5.large", "ml.m5.xlarge"]},
        "evaluate": {"instance_type": "ml.c5.xlarge"},
        "deploy": {"when": "gate", "endpoint": "other", "instance_type": ["ml.m4.xlarge", "ml.m5.large"]},
    },
    "all hyperparameters": {
        "train": {
            "instance_count": 2,
            "hyperparameters": {
                "num_layers": 18,
                "use_pretrained_model": 1,
                "early_stopping": True,
                "early_stopping_patience": 3,
                "optimizer": "sgd",
                "momentum": 0.9,
                "lr_scheduler_step": "2,4",
                "augmentation_type": "crop",
                "top_k": 3,
                "kv_store": "dist_sync",
            },
            "pretrained": {"when_missing": "scratch"},
        }
    },
}


@pytest.fixture(params=list(VARIANTS))
def document(request: pytest.FixtureRequest) -> Json:
    return definition(**VARIANTS[request.param])


def test_the_checks_find_no_error(document: Json) -> None:
    found = problems(json.dumps(document))
    assert [problem for problem in found if problem.severity == "error"] == []


def test_the_published_schema_is_met(document: Json) -> None:
    validator = jsonschema.Draft7Validator(published_schema())
    assert [f"{list(error.path)}: {error.message[:300]}" for error in validator.iter_errors(document)] == []


def test_every_reference_leads_somewhere(document: Json) -> None:
    parameters = {one["Name"] for one in document["Parameters"]}
    named = {one["Name"]: one for one in steps(document)}
    references = _references(document["Steps"])
    assert len(references) > 20
    for reference in references:
        scope, name, *rest = reference.split(".")
        if scope == "Parameters":
            assert name in parameters
        elif scope == "Steps":
            assert name in named
        if rest and rest[0] == "PropertyFiles":
            assert rest[1] in {one["PropertyFileName"] for one in named[name]["PropertyFiles"]}


def test_every_parameter_is_used(document: Json) -> None:
    used = {one.partition(".")[2] for one in _references(document["Steps"]) if one.startswith("Parameters.")}
    assert used == {one["Name"] for one in document["Parameters"]}


def test_no_step_waits_for_itself(document: Json) -> None:
    waits = {
        one["Name"]: {*one.get("DependsOn", ()), *_steps_of(one)} - {one["Name"]} for one in steps(document)
    }
    done: set[str] = set()
    while ready := {name for name, before in waits.items() if name not in done and before <= done}:
        done |= ready
    assert done == set(waits)


def test_nothing_is_null(document: Json) -> None:
    assert "null" not in json.dumps(document)
    assert set(document) == {"Version", "Parameters", "Steps"}


def test_two_builds_are_the_same_bytes() -> None:
    first, second = (build_definition(config(deploy={"when": "gate"}), PLACEHOLDERS) for _ in range(2))
    assert first == second
    assert (
        first.text == json.dumps(json.loads(first.text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    )


def test_the_programs_are_named_by_their_content() -> None:
    built = build_definition(config(), PLACEHOLDERS)
    assert built.name == "digits"
    assert [one.room for one in built.bundles] == ["validate", "evaluate"]
    for one in built.bundles:
        assert one == bundle(one.room)
        assert f'"{one.uri(PLACEHOLDERS.bucket, "digits")}"' in built.text


def test_parameters_have_the_configs_values_as_their_defaults() -> None:
    document = definition(
        train={"instance_type": ["ml.p2.xlarge", "ml.g4dn.xlarge"], "max_runtime": "90m"},
        register={"approval": "automatic"},
    )
    declared = {one.pop("Name"): one for one in copy.deepcopy(document["Parameters"])}
    approvals = ["PendingManualApproval", "Approved", "Rejected"]
    assert declared["TrainData"] == {"Type": "String", "DefaultValue": "s3://my-bucket/train/"}
    assert declared["TrainMaxRuntimeInSeconds"] == {"Type": "Integer", "DefaultValue": 5400}
    assert declared["AccuracyThreshold"] == {"Type": "Float", "DefaultValue": 0.9}
    assert declared["ProcessingInstanceType"] == {"Type": "String", "DefaultValue": "ml.m5.large"}
    assert declared["TrainInstanceType"] == {
        "Type": "String",
        "DefaultValue": "ml.g4dn.xlarge",
        "EnumValues": ["ml.p2.xlarge", "ml.g4dn.xlarge"],
    }
    assert declared["ModelApprovalStatus"] == {
        "Type": "String",
        "DefaultValue": "Approved",
        "EnumValues": approvals,
    }


def test_a_machine_that_the_account_may_not_run_is_no_default() -> None:
    facts = replace(PLACEHOLDERS, without_quota=frozenset({("training", "ml.g4dn.xlarge")}))
    document = definition(facts, train={"instance_type": ["ml.g4dn.xlarge", "ml.g5.xlarge"]})
    assert _default(document, "TrainInstanceType") == "ml.g5.xlarge"
    assert PLACEHOLDERS.without_quota == frozenset()
    assert _default(definition(), "TrainInstanceType") == "ml.g4dn.xlarge"


def test_a_threshold_of_a_whole_number_is_a_float() -> None:
    assert _default(definition(gate={"accuracy": 1}), "AccuracyThreshold") == 1.0
    assert _default(definition(gate={"accuracy": 0}), "AccuracyThreshold") == 0.0


def test_nothing_is_deployed_where_the_config_says_never() -> None:
    document = definition()
    assert [one["Name"] for one in steps(document)] == [
        name for name in ALL_STEPS if name not in ("CreateEndpointConfig", "DeployEndpoint")
    ]
    assert "EndpointInstanceType" not in {one["Name"] for one in document["Parameters"]}


def test_evaluation_has_the_machine_of_validation_or_its_own() -> None:
    def machine(document: Json) -> object:
        cluster = step(document, "EvaluateModel")["Arguments"]["ProcessingResources"]["ClusterConfig"]
        return cluster["InstanceType"]

    assert machine(definition()) == get("Parameters.ProcessingInstanceType")
    own = definition(evaluate={"instance_type": ["ml.m4.xlarge", "ml.c5.xlarge"]})
    assert machine(own) == get("Parameters.EvaluateInstanceType")
    assert _default(own, "EvaluateInstanceType") == "ml.c5.xlarge"


def test_it_is_built_for_the_account() -> None:
    facts = AccountFacts(
        account="123456789012",
        region="cn-north-1",
        partition="aws-cn",
        bucket="own-bucket",
        role="arn:aws-cn:iam::123456789012:role/own",
    )
    document = definition(facts)
    training = step(document, "TrainModel")["Arguments"]
    assert training["RoleArn"] == facts.role
    assert training["AlgorithmSpecification"]["TrainingImage"] == (
        "390948362332.dkr.ecr.cn-north-1.amazonaws.com.cn/image-classification:1"
    )
    assert training["OutputDataConfig"]["S3OutputPath"]["Std:Join"]["Values"][1] == "own-bucket"
    assert PLACEHOLDERS.account not in json.dumps(document)


def test_a_region_without_the_algorithm_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        definition(AccountFacts("1" * 12, "mars-north-1", "aws", "b", "r"))
    assert str(caught.value) == (
        "error D101 region-without-image: "
        "SageMaker has no image-classification image in the region 'mars-north-1'\n"
        "  hint: check `region`: it is that of the AWS profile where the config does not say"
    )


def test_building_leaves_the_process_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("SAGEMAKER_VALIDATE_ROLE", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    root = logging.getLogger()

    def state() -> tuple[object, ...]:
        return dict(os.environ), boto3.DEFAULT_SESSION, root.handlers[:], root.level, list(warnings.filters)

    before = state()
    build_definition(config(), PLACEHOLDERS)
    assert state() == before


def test_building_asks_nobody_on_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    build_definition(config(deploy={"when": "gate"}), PLACEHOLDERS)


def test_the_first_build_of_a_process_needs_nothing_and_says_nothing(tmp_path: Path) -> None:
    code = f"""
import socket
from pathlib import Path

def refuse(*_):
    raise AssertionError("the network was asked")

socket.socket.connect = refuse
socket.getaddrinfo = refuse
from pipeline.config.loader import load_config
from pipeline.definition import build_definition

loaded = load_config(Path({str(REPOSITORY / "config" / "pipeline.yaml")!r}), facts=None, environ={{}})
build_definition(loaded.config, loaded.facts)
"""
    home = tmp_path / "home"
    home.mkdir()
    environ = {"HOME": str(home), "PYTHONPATH": str(REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-W", "default", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [*home.rglob("*")] == []
    assert [*tmp_path.iterdir()] == [home]


def _default(document: Json, name: str) -> object:
    return next(one["DefaultValue"] for one in document["Parameters"] if one["Name"] == name)


def _references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["Get"]] if set(value) == {"Get"} else []
        return own + [one for below in value.values() for one in _references(below)]
    return [one for below in value for one in _references(below)] if isinstance(value, list) else []


def _steps_of(one: Json) -> set[str]:
    """Names of the steps that the arguments of a step, without its branches, refer to."""
    arguments = {key: value for key, value in one["Arguments"].items() if key not in ("IfSteps", "ElseSteps")}
    return {each.split(".")[1] for each in _references(arguments) if each.startswith("Steps.")}
