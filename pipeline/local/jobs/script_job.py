"""A training job that runs a script: its source laid out, and the toolkit that runs it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.local.jobs import script_mode, toolkit
from pipeline.local.jobs.archive import unpack
from pipeline.local.jobs.catalog import Image
from pipeline.local.jobs.cluster import cluster_of
from pipeline.local.jobs.folder import CONTAINER_ROOT, JobFolder
from pipeline.local.jobs.hosts import Host
from pipeline.local.jobs.job import Job
from pipeline.local.jobs.requirements import pip_variables
from pipeline.local.jobs.script_mode import CODE, Script
from pipeline.local.objects import parse_uri
from pipeline.local.records import Record

_TASK = "task.json"


class NoScript(Exception):
    """A job's source has no script to run; the text says why."""


def lay_out_script(job: Job, record: Record, host: Host) -> None:
    """Put the source of a job's script into the folder `code`, and write down what the toolkit is to do.

    Raises:
        NoScript: There is none.
        ObjectsError: The source cannot be had.
        BadArchive: It is no archive that may be unpacked.
        OutsideFolder: It is a path that is not below /opt/ml.
        OSError: A file cannot be written.
    """
    script = _script(record)
    folder = host.folder.ml / CODE
    folder.mkdir(exist_ok=True)
    _fetch(job, script.source, host.folder, folder)
    program = folder / script.program
    is_module = (folder / "setup.py").is_file()
    if not script_mode.is_inside(script.program) or not (program.is_file() or is_module):
        raise NoScript(f"{script_mode.PROGRAM} {script.program!r} is not a file of {script.source}")
    if not script.program.endswith(".py") and not is_module:
        program.chmod(0o700)
    seen = host.folder.seen
    toolkit.Task(
        command=[host.folder.rewritten(text) for text in script_mode.command(script, folder)],
        folder=f"{seen}/{CODE}",
        failure=f"{seen}/output/failure",
        layers=str(job.tools.python),
        pip=pip_variables(job.tools.host),
    ).write(host.folder.root / _TASK)


def toolkit_command(folder: JobFolder) -> tuple[str, ...]:
    """The command line of the toolkit: it makes layers, so its Python is none."""
    return (sys.executable, "-I", "-m", toolkit.__name__, str(folder.root / _TASK))


def script_variables(job: Job, record: Record, host: Host, image: Image) -> dict[str, str]:
    """The variables that the toolkit gives to a script."""
    assert image.framework is not None
    folder = host.folder
    cluster = cluster_of(job.kind, record)
    place = script_mode.Place(folder.seen, host.name, cluster, script_mode.cpus(), script_mode.gpus())
    config = folder.ml / "input" / "config"
    told: Mapping[str, Any] = {
        name: json.loads((config / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("inputdataconfig", "resourceconfig")
    }
    return {
        **script_mode.variables(_script(record), place, image.framework.module, told, job.name),
        "CURRENT_HOST": host.name,
        "SAGEMAKER_REGION": job.tools.objects.region,
        "SAGEMAKER_JOB_NAME": job.name,
        "SAGEMAKER_TRAINING_MODULE": image.framework.module,
    }


def _script(record: Record) -> Script:
    script = script_mode.script_of(record)
    if script is None:
        names = f"{script_mode.PROGRAM} and {script_mode.SUBMIT_DIRECTORY}"
        raise NoScript(f"the hyperparameters {names} do not name a script")
    return script


def _fetch(job: Job, source: str, job_folder: JobFolder, folder: Path) -> None:
    if source.startswith(CONTAINER_ROOT + "/"):
        given = job_folder.path(source)
        if given.is_dir():
            if given != folder:
                shutil.copytree(given, folder, dirs_exist_ok=True)
        else:
            unpack(given, folder)
        return
    archive = job_folder.root / "source.tar.gz"
    try:
        job.tools.objects.download(*parse_uri(source), archive)
        unpack(archive, folder)
    finally:
        archive.unlink(missing_ok=True)
