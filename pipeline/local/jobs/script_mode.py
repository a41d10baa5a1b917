"""Script mode: what the framework images' toolkit makes of a training job.

Source: "Environment variables" and "Training in detail" of the SageMaker Training Toolkit
(github.com/aws/sagemaker-training-toolkit), and "Use Your Own Training Script" in the SageMaker guide.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.local.jobs.cluster import GROUP, Cluster

PROGRAM = "sagemaker_program"
SUBMIT_DIRECTORY = "sagemaker_submit_directory"
LOG_LEVEL = "sagemaker_container_log_level"
_REGION = "sagemaker_region"

# Hyperparameters for the toolkit itself, and not for the script, whatever their prefix.
_OWN = ("default_user_module_name", "_tuning_objective_metric")
_PREFIX = "sagemaker_"
# Those that are not passed on to the framework either.
_KNOWN = frozenset(
    (
        *_OWN,
        PROGRAM,
        SUBMIT_DIRECTORY,
        LOG_LEVEL,
        _REGION,
        "sagemaker_enable_cloudwatch_metrics",
        "sagemaker_job_name",
        "sagemaker_s3_output",
    )
)
_INFO = 20

CODE = "code"
"""The folder below /opt/ml that holds the script."""


@dataclass(frozen=True)
class Script:
    """A training script.

    Attributes:
        program: Its file in the source, such as train.py.
        source: Where its source is: an S3 URI, or a path below /opt/ml.
        hyperparameters: Its own hyperparameters, as values.
        framework: What only the framework is told of.
        log_level: The level of the toolkit's log.
    """

    program: str
    source: str
    hyperparameters: Mapping[str, Any]
    framework: Mapping[str, Any]
    log_level: int

    @property
    def arguments(self) -> list[str]:
        """The arguments that it gets: its hyperparameters by name, sorted."""
        return [
            text
            for name, value in sorted(self.hyperparameters.items())
            for text in ((f"--{name}" if len(name) > 1 else f"-{name}"), _argument(value))
        ]


@dataclass(frozen=True)
class Place:
    """Where a script runs.

    Attributes:
        root: What it sees as /opt/ml.
        host: The name of its instance.
        cluster: All the instances.
        cpus: Cores of this machine.
        gpus: Its GPUs.
    """

    root: str
    host: str
    cluster: Cluster
    cpus: int
    gpus: int


def script_of(request: Mapping[str, Any]) -> Script | None:
    """The script of a training job, or None if its hyperparameters and its Environment name none."""
    given = {name: _value(text) for name, text in request.get("HyperParameters", {}).items()}
    variables = request.get("Environment", {})
    program = variables.get(PROGRAM.upper()) or given.get(PROGRAM)
    source = given.get(SUBMIT_DIRECTORY) or variables.get(SUBMIT_DIRECTORY.upper())
    if not isinstance(program, str) or not isinstance(source, str):
        return None
    level = given.get(LOG_LEVEL, _INFO)
    own = {name: value for name, value in given.items() if name in _OWN or name.startswith(_PREFIX)}
    return Script(
        program=program,
        source=source,
        hyperparameters={name: value for name, value in given.items() if name not in own},
        framework={name: value for name, value in own.items() if name not in _KNOWN},
        log_level=level if isinstance(level, int) else _INFO,
    )


def command(script: Script, folder: Path) -> list[str]:
    """The command line of a script whose source is in a folder; it runs in that folder."""
    if (folder / "setup.py").is_file():
        return ["python3", "-m", script.program.removesuffix(".py"), *script.arguments]
    if script.program.endswith(".py"):
        return ["python3", script.program, *script.arguments]
    return ["/bin/sh", "-c", " ".join([f"./{script.program}", *script.arguments])]


def variables(
    script: Script, place: Place, module: str, config: Mapping[str, Mapping[str, Any]], job: str
) -> dict[str, str]:
    """The SM_* variables of a script.

    Args:
        script: The script.
        place: Where it runs.
        module: The framework's own module, such as sagemaker_pytorch_container.training:main.
        config: The contents of hyperparameters.json, inputdataconfig.json and resourceconfig.json, by these
            names without .json.
        job: The name of the training job.
    """
    told = _told(script, place, module, config)
    channels = {name: f"{place.root}/input/data/{name}" for name in sorted(config["inputdataconfig"])}
    environment = {
        **{name: told[name] for name in _OF_TRAINING_ENV},
        "channel_input_dirs": channels,
        "hyperparameters": script.hyperparameters,
        "additional_framework_parameters": script.framework,
        "job_name": job,
    }
    told |= {
        "channels": list(channels),
        "hps": script.hyperparameters,
        "framework_params": script.framework,
        "user_args": script.arguments,
        "training_env": environment,
    }
    told |= {f"channel_{name}": path for name, path in channels.items()}
    told |= {f"hp_{name}": value for name, value in script.hyperparameters.items()}
    return {f"SM_{name.upper()}": _text(value) for name, value in told.items()}


_OF_TRAINING_ENV = (
    "current_host",
    "current_instance_group",
    "current_instance_group_hosts",
    "current_instance_type",
    "distribution_hosts",
    "distribution_instance_groups",
    "framework_module",
    "hosts",
    "input_config_dir",
    "input_data_config",
    "input_dir",
    "instance_groups",
    "instance_groups_dict",
    "is_hetero",
    "is_master",
    "log_level",
    "master_hostname",
    "model_dir",
    "module_dir",
    "module_name",
    "network_interface_name",
    "num_cpus",
    "num_gpus",
    "num_neurons",
    "output_data_dir",
    "output_dir",
    "output_intermediate_dir",
    "resource_config",
    "user_entry_point",
)
"""What SM_TRAINING_ENV repeats of the other variables."""


def _told(
    script: Script, place: Place, module: str, config: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    root, hosts = place.root, list(place.cluster.hosts)
    resources = config["resourceconfig"]
    group = {"instance_group_name": GROUP, "instance_type": place.cluster.instance_type, "hosts": hosts}
    return {
        "current_host": place.host,
        "current_instance_group": GROUP,
        "current_instance_group_hosts": hosts,
        "current_instance_type": place.cluster.instance_type,
        "distribution_hosts": hosts,
        "distribution_instance_groups": [GROUP],
        "framework_module": module,
        "hosts": hosts,
        "input_config_dir": f"{root}/input/config",
        "input_data_config": config["inputdataconfig"],
        "input_dir": f"{root}/input",
        "instance_groups": [GROUP],
        "instance_groups_dict": {GROUP: group},
        "is_hetero": False,
        "is_master": place.host == hosts[0],
        "log_level": script.log_level,
        "master_hostname": hosts[0],
        "model_dir": f"{root}/model",
        "module_dir": script.source,
        "module_name": script.program.removesuffix(".py"),
        "network_interface_name": resources["network_interface_name"],
        "num_cpus": place.cpus,
        "num_gpus": place.gpus,
        "num_neurons": 0,
        "output_data_dir": f"{root}/output/data",
        "output_dir": f"{root}/output",
        "output_intermediate_dir": f"{root}/output/intermediate",
        "resource_config": resources,
        "user_entry_point": script.program,
    }


def cpus() -> int:
    """The cores of this machine."""
    return os.cpu_count() or 1


def gpus() -> int:
    """The NVIDIA GPUs of this machine, as its driver lists them."""
    return len(list(Path("/proc/driver/nvidia/gpus").glob("*")))


def is_inside(program: str) -> bool:
    """Whether a script's path stays in the folder of its source."""
    path = PurePosixPath(program)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def _value(text: str) -> Any:
    """A hyperparameter: what it is as JSON, else its text."""
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        return text


def _argument(value: Any) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{key}={each}" for key, each in sorted(value.items()))
    return "" if value is None else str(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))
