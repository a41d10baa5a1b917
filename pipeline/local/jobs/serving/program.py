"""Serves a model with its script: `python -m pipeline.local.jobs.serving.program FRAMEWORK`.

It installs what the source requires, loads the model, and only then answers: until SIGTERM.

    SAGEMAKER_BASE_DIR                    the container's base folder
    SAGEMAKER_BIND_TO_PORT                its port on loopback
    SAGEMAKER_PROGRAM                     inference.py, if there is one
    SAGEMAKER_SUBMIT_DIRECTORY            model/code
    SAGEMAKER_CONTAINER_LOG_LEVEL         20
    SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT  application/json
    SAGEMAKER_MODEL_SERVER_WORKERS        1
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import sys
from collections.abc import MutableMapping
from pathlib import Path
from types import ModuleType

from pipeline.local.jobs.layer import python_of, search_path
from pipeline.local.jobs.requirements import INSTALLER, Installer
from pipeline.local.jobs.serving.formats import JSON
from pipeline.local.jobs.serving.frameworks import FRAMEWORKS
from pipeline.local.jobs.serving.handlers import Functions, Model, ScriptError
from pipeline.local.jobs.serving.listener import Listener, trace_of
from pipeline.local.jobs.serving.source import PROGRAM, BadSource, Source, find_source
from pipeline.local.jobs.subprogram import Failed, say

_INSTALLED = "installed"


def main() -> int:
    """Serve with this process's arguments and environment; returns the exit status."""
    framework, *rest = sys.argv[1:]
    variables = os.environ
    base = Path(variables["SAGEMAKER_BASE_DIR"])
    try:
        source = find_source(variables, base)
        if rest != [_INSTALLED]:
            _install(source, base.parent / INSTALLER, framework)
        model = _load(framework, source, base, variables)
    except (BadSource, Failed) as error:
        say(str(error))
        return 1
    except ScriptError as error:
        say(f"{error.function} failed:\n{trace_of(error)}")
        return 1
    workers = _number(variables.get("SAGEMAKER_MODEL_SERVER_WORKERS", ""), 1)
    with Listener(int(variables["SAGEMAKER_BIND_TO_PORT"]), model, workers) as listener:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        listener.serve()
    return 0


def _install(source: Source, installer: Path, framework: str) -> None:
    """Install what the source requires, and go on in the Python that has it."""
    if not installer.exists():
        return
    with Installer.read(installer).layer(source.folder) as layer:
        if layer is None:
            return
        python = str(python_of(layer))
        environment = {**os.environ, "PATH": search_path(layer, os.environ.get("PATH"))}
        arguments = [python, "-I", "-u", "-m", __spec__.name, framework, _INSTALLED]
        os.execve(python, arguments, environment)  # noqa: S606 - our own Python, without a shell


def _load(framework: str, source: Source, base: Path, variables: MutableMapping[str, str]) -> Model:
    folder = str(base / "model")
    level = _number(variables.get("SAGEMAKER_CONTAINER_LOG_LEVEL", ""), logging.INFO)
    told = {
        "SM_MODEL_DIR": folder,
        "SM_MODULE_DIR": str(source.folder),
        "SM_MODULE_NAME": source.module or "",
        "SM_USER_ENTRY_POINT": variables.get(PROGRAM, ""),
        "SM_LOG_LEVEL": str(level),
        "PYTHONPATH": str(source.folder),
    }
    variables.update(told)
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s - %(name)s - %(message)s")
    module = _imported(source)
    try:
        functions = Functions.of(module, FRAMEWORKS[framework])
    except ValueError as error:
        raise ScriptError(f"{source.module}.py", error) from error
    accept = variables.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT") or JSON
    return Model(functions, folder, accept)


def _imported(source: Source) -> ModuleType | None:
    if source.module is None:
        return None
    sys.path.insert(0, str(source.folder))
    # A script may have a module with the name of our package; whatever we need is imported by now.
    for name in [name for name in sys.modules if name.partition(".")[0] == __package__.partition(".")[0]]:
        del sys.modules[name]
    try:
        return importlib.import_module(source.module)
    except Exception as error:
        # A script may raise anything.
        raise ScriptError(f"import of {source.module}", error) from error


def _number(text: str, default: int) -> int:
    return int(text) if text.isdecimal() and int(text) else default


if __name__ == "__main__":
    raise SystemExit(main())
