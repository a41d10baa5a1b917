"""A local SageMaker as a process of its own, which serves until its stdin ends; its argument is its home.

Its image `regression` trains a straight line and serves it; `sagemaker-scikit-learn` runs scripts and serves
models with them.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

from pipeline.local.arns import ACCOUNT, REGION
from pipeline.local.endpoints.runner import EndpointRunner
from pipeline.local.home import Home, key_pair
from pipeline.local.job_logs import JobLogs
from pipeline.local.jobs.catalog import IMAGES, Framework, Image
from pipeline.local.jobs.runner import JobRunner
from pipeline.local.objects import Objects
from pipeline.local.server import Ground, LocalServer, Runners
from tests.pipeline.local.execution.examples import scripts


def program(path: Path, text: str) -> tuple[str, ...]:
    """The command line of a program that is written to a file."""
    path.write_text(text)
    return (sys.executable, "-I", "-S", "-u", str(path))


def runners(ground: Ground) -> Runners:
    """The real ones, with images of tests."""
    home, records, keeping = ground.home, ground.records, ground.keeping
    images = {
        "regression": Image(
            train=program(home / "train.py", scripts.TRAIN),
            serve=program(home / "serve.py", scripts.SERVE),
        ),
        "sagemaker-scikit-learn": Image(
            serve=IMAGES["sagemaker-scikit-learn"].serve,
            runs_scripts=True,
            framework=Framework((), "container.training:main"),
        ),
    }
    objects, logs = Objects(ACCOUNT, REGION, keeping), JobLogs(ACCOUNT, REGION, keeping=keeping)
    jobs = JobRunner(home, records, objects, logs, images=images)
    return Runners(objects, jobs, EndpointRunner(home, records, objects, logs, images=images))


def main() -> None:
    """Serve; the first line of stdout tells where, and with which keys."""
    home = Home(Path(sys.argv[1]))
    home.make()
    keys = key_pair(home)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = LocalServer(home, listener, keys, runners)
        server.start()
        told = {"url": server.url, "access_key": keys.access_key, "secret_key": keys.secret_key}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
        server.close()


if __name__ == "__main__":
    main()
