"""The driver scripts that the SDK's ModelTrainer sends with a job, which have /opt/ml in their text."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from .place import MOUNTS, Place
from .sources import IMAGE, channel, members

ENTRY = [
    "-c",
    "chmod +x /opt/ml/input/data/sm_drivers/sm_train.sh && /opt/ml/input/data/sm_drivers/sm_train.sh",
]
TRAIN = b"""
import os, sys
with open("/opt/ml/model/model.txt", "w") as file:
    file.write(" ".join(sys.argv[1:]) + " " + os.environ["SM_CURRENT_HOST"])
"""


def sdk() -> Path:
    """The folder of the SDK; importing it would take seconds."""
    spec = importlib.util.find_spec("sagemaker")
    assert spec is not None
    assert spec.submodule_search_locations
    (folder,) = (Path(each) for each in spec.submodule_search_locations if Path(each, "train").is_dir())
    return folder


def templates() -> ModuleType:
    spec = importlib.util.spec_from_file_location("templates", sdk() / "train" / "templates.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def put_drivers(place: Place) -> None:
    """Store what ModelTrainer would upload for an entry script with requirements."""
    drivers = sdk() / "train" / "container_drivers"
    for path in drivers.rglob("*.py"):
        place.write(f"drivers/{path.relative_to(drivers).as_posix()}", path.read_bytes())
    install = (sdk() / "core" / "utils" / "install_requirements.py").read_bytes()
    place.write("drivers/scripts/install_requirements.py", install)
    text = templates()
    script = text.TRAIN_SCRIPT_TEMPLATE.format(
        working_dir="cd /opt/ml/input/data/code",
        install_requirements=text.INSTALL_REQUIREMENTS.format(requirements_file="requirements.txt"),
        execute_driver=text.EXECUTE_BASIC_SCRIPT_DRIVER,
    )
    place.write("drivers/sm_train.sh", script.lstrip().encode())
    told = {"source_dir": "code", "entry_script": "train.py", "command": None}
    place.write("drivers/sourcecode.json", json.dumps(told).encode())
    place.write("drivers/distributed.json", b"{}")


def test_a_job_of_model_trainer_runs_where_there_are_mounts(
    place: Place, training: Callable[..., str]
) -> None:
    put_drivers(place)
    place.write("code/train.py", TRAIN)
    place.write("code/requirements.txt", b"--no-index\n")
    name = training(
        AlgorithmSpecification={**IMAGE, "ContainerEntrypoint": ["/bin/bash"], "ContainerArguments": ENTRY},
        HyperParameters={"epochs": "2"},
        InputDataConfig=[
            channel("code", place.uri("code/")),
            channel("sm_drivers", place.uri("drivers/")),
        ],
    )
    place.runner(mounts=MOUNTS).start("TrainingJob", name)
    record = place.finish("TrainingJob", name)
    if MOUNTS.works():
        assert record["TrainingJobStatus"] == "Completed", place.log("TrainingJob", name)
        model = members(place.read(f"out/{name}/output/model.tar.gz"))
        assert model == {"model.txt": b"--epochs 2 algo-1"}
    else:
        assert record["TrainingJobStatus"] == "Failed"
