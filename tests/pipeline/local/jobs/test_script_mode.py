from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.local.jobs.cluster import Cluster
from pipeline.local.jobs.script_mode import Place, Script, command, is_inside, script_of, variables

NAMED = {"sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://b/source.tar.gz"}


def script(**hyperparameters: str) -> Script:
    found = script_of({"HyperParameters": {**NAMED, **hyperparameters}})
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        ({}, []),
        ({"epochs": "2", "b": "x"}, ["-b", "x", "--epochs", "2"]),
        ({"name": '"quoted"'}, ["--name", "quoted"]),
        ({"flag": "true"}, ["--flag", "True"]),
        ({"rate": "1e-3"}, ["--rate", "0.001"]),
        ({"nothing": "null"}, ["--nothing", ""]),
        ({"layers": "[1, 2]"}, ["--layers", "[1, 2]"]),
        ({"map": '{"b": 1, "a": 2}'}, ["--map", "a=2,b=1"]),
        ({"half": '{"b":'}, ["--half", '{"b":']),
        ({"sagemaker_mpi_enabled": "true", "_tuning_objective_metric": "loss"}, []),
    ],
)
def test_hyperparameters_become_arguments(given: dict[str, str], arguments: list[str]) -> None:
    assert script(**given).arguments == arguments


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        ({}, None),
        ({"HyperParameters": {"sagemaker_program": "train.py"}}, None),
        ({"HyperParameters": {"sagemaker_submit_directory": "s3://b/s"}}, None),
        ({"HyperParameters": NAMED}, ("train.py", "s3://b/source.tar.gz")),
        (
            {"HyperParameters": {name: json.dumps(text) for name, text in NAMED.items()}},
            ("train.py", "s3://b/source.tar.gz"),
        ),
        (
            {"HyperParameters": NAMED, "Environment": {"SAGEMAKER_PROGRAM": "other.py"}},
            ("other.py", "s3://b/source.tar.gz"),
        ),
        (
            {"Environment": {name.upper(): text for name, text in NAMED.items()}},
            ("train.py", "s3://b/source.tar.gz"),
        ),
    ],
)
def test_a_request_names_its_script(request_: dict[str, Any], found: tuple[str, str] | None) -> None:
    script = script_of(request_)
    assert (script and (script.program, script.source)) == found


@pytest.mark.parametrize(
    ("program", "files", "expected"),
    [
        ("train.py", [], ["python3", "train.py", "-n", "1"]),
        ("sub/train.py", [], ["python3", "sub/train.py", "-n", "1"]),
        ("train.py", ["setup.py"], ["python3", "-m", "train", "-n", "1"]),
        ("train.sh", [], ["/bin/sh", "-c", "./train.sh -n 1"]),
    ],
)
def test_a_script_is_a_program_a_module_or_a_command(
    tmp_path: Path, program: str, files: list[str], expected: list[str]
) -> None:
    for name in files:
        (tmp_path / name).touch()
    assert command(script(n="1", sagemaker_program=program), tmp_path) == expected


def test_a_script_gets_the_variables_of_the_toolkit() -> None:
    cluster = Cluster(2, "ml.m5.large")
    config: dict[str, dict[str, Any]] = {
        "inputdataconfig": {"train": {"TrainingInputMode": "File"}, "x-1": {}},
        "resourceconfig": {"network_interface_name": "lo", "current_host": "algo-2"},
    }
    given = script(epochs="2", name="n", sagemaker_container_log_level="10", sagemaker_mpi_enabled="true")
    found = variables(given, Place("/opt/ml", "algo-2", cluster, 4, 0), "m:main", config, "job")
    training = json.loads(found.pop("SM_TRAINING_ENV"))
    assert found == {
        "SM_CHANNELS": '["train","x-1"]',
        "SM_CHANNEL_TRAIN": "/opt/ml/input/data/train",
        "SM_CHANNEL_X-1": "/opt/ml/input/data/x-1",
        "SM_CURRENT_HOST": "algo-2",
        "SM_CURRENT_INSTANCE_GROUP": "homogeneousCluster",
        "SM_CURRENT_INSTANCE_GROUP_HOSTS": '["algo-1","algo-2"]',
        "SM_CURRENT_INSTANCE_TYPE": "ml.m5.large",
        "SM_DISTRIBUTION_HOSTS": '["algo-1","algo-2"]',
        "SM_DISTRIBUTION_INSTANCE_GROUPS": '["homogeneousCluster"]',
        "SM_FRAMEWORK_MODULE": "m:main",
        "SM_FRAMEWORK_PARAMS": '{"sagemaker_mpi_enabled":true}',
        "SM_HOSTS": '["algo-1","algo-2"]',
        "SM_HPS": '{"epochs":2,"name":"n"}',
        "SM_HP_EPOCHS": "2",
        "SM_HP_NAME": "n",
        "SM_INPUT_CONFIG_DIR": "/opt/ml/input/config",
        "SM_INPUT_DATA_CONFIG": '{"train":{"TrainingInputMode":"File"},"x-1":{}}',
        "SM_INPUT_DIR": "/opt/ml/input",
        "SM_INSTANCE_GROUPS": '["homogeneousCluster"]',
        "SM_INSTANCE_GROUPS_DICT": (
            '{"homogeneousCluster":{"hosts":["algo-1","algo-2"],'
            '"instance_group_name":"homogeneousCluster","instance_type":"ml.m5.large"}}'
        ),
        "SM_IS_HETERO": "false",
        "SM_IS_MASTER": "false",
        "SM_LOG_LEVEL": "10",
        "SM_MASTER_HOSTNAME": "algo-1",
        "SM_MODEL_DIR": "/opt/ml/model",
        "SM_MODULE_DIR": "s3://b/source.tar.gz",
        "SM_MODULE_NAME": "train",
        "SM_NETWORK_INTERFACE_NAME": "lo",
        "SM_NUM_CPUS": "4",
        "SM_NUM_GPUS": "0",
        "SM_NUM_NEURONS": "0",
        "SM_OUTPUT_DATA_DIR": "/opt/ml/output/data",
        "SM_OUTPUT_DIR": "/opt/ml/output",
        "SM_OUTPUT_INTERMEDIATE_DIR": "/opt/ml/output/intermediate",
        "SM_RESOURCE_CONFIG": '{"current_host":"algo-2","network_interface_name":"lo"}',
        "SM_USER_ARGS": '["--epochs","2","--name","n"]',
        "SM_USER_ENTRY_POINT": "train.py",
    }
    assert training["channel_input_dirs"] == {
        "train": "/opt/ml/input/data/train",
        "x-1": "/opt/ml/input/data/x-1",
    }
    assert training["hyperparameters"] == {"epochs": 2, "name": "n"}
    assert (training["job_name"], training["hosts"]) == ("job", ["algo-1", "algo-2"])


@pytest.mark.parametrize(
    ("program", "inside"),
    [
        ("train.py", True),
        ("a/b.py", True),
        ("/bin/sh", False),
        ("../x.py", False),
        ("", False),
        ("a/../b", False),
    ],
)
def test_a_script_stays_in_its_source(program: str, inside: bool) -> None:
    assert is_inside(program) is inside
