"""The server: all parts put together on one listening socket."""

from __future__ import annotations

import logging
import os
import secrets
import socket
import sqlite3
import string
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from pipeline.local import aws, simulation
from pipeline.local.api.operations import Api
from pipeline.local.api.service import ObjectReader, Service
from pipeline.local.api.versions import adopt
from pipeline.local.application import HEADERS_KEY, Application
from pipeline.local.events import taps
from pipeline.local.events.bridge import Bridge
from pipeline.local.execution.executor import Executor, repair
from pipeline.local.gc.sweep import Sweeper
from pipeline.local.home import Home, KeyPair, client_variables
from pipeline.local.kept import Keeper, move_aside
from pipeline.local.records import Record, Records
from pipeline.local.runtime import Endpoints, Jobs

_log = logging.getLogger(__name__)
_ALPHABET = string.ascii_lowercase + string.digits


@dataclass(frozen=True)
class Runners:
    """The parts that run things."""

    objects: ObjectReader
    jobs: Jobs
    endpoints: Endpoints


Keeping = Callable[[], AbstractContextManager[None]]
"""Gives a block that ends when what was written to moto in it is kept."""


@dataclass(frozen=True)
class Ground:
    """What the runners stand on.

    Attributes:
        home: The folder of imgpipe.
        records: All that is recorded.
        keeping: Keeps what is written to moto.
        client: Variables by which a program's AWS SDK reaches this server.
    """

    home: Path
    records: Records
    keeping: Keeping
    client: Mapping[str, str] = field(default_factory=dict)


MakeRunners = Callable[[Ground], Runners]


def make_runners(ground: Ground) -> Runners:
    """The real ones: jobs and endpoints as processes of this machine."""
    from pipeline.local.arns import ACCOUNT, REGION
    from pipeline.local.endpoints.clockwork import wait_scale
    from pipeline.local.endpoints.runner import EndpointRunner
    from pipeline.local.job_logs import JobLogs
    from pipeline.local.jobs.runner import JobRunner
    from pipeline.local.objects import Objects

    home, records, client = ground.home, ground.records, ground.client
    objects = Objects(ACCOUNT, REGION, ground.keeping)
    logs = JobLogs(ACCOUNT, REGION, keeping=ground.keeping)
    jobs = JobRunner(home, records, objects, logs, client=client)
    scale = wait_scale(os.environ)
    endpoints = EndpointRunner(home, records, objects, logs, client=client, wait_scale=scale)
    return Runners(objects, jobs, endpoints)


def new_id(length: int) -> str:
    """A random string of lower-case letters and digits, as in ids of SageMaker."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _open_records(path: Path, notes: list[str]) -> Records:
    """Open the records; a file that is damaged is moved aside, which a note says."""
    try:
        return Records(path)
    except sqlite3.DatabaseError as error:
        _log.exception("cannot read %s", path)
        aside = move_aside(path)
        notes.append(f"the records are damaged ({error}) and start empty; the damaged file is {aside}")
        return Records(path)


class LocalServer:
    """The local SageMaker of one folder.

    Args:
        home: Its folder, made and locked by the caller.
        listener: A bound socket on 127.0.0.1.
        keys: Clients sign with these.
        runners: Makes the parts that run things.
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        home: Home,
        listener: socket.socket,
        keys: KeyPair,
        runners: MakeRunners = make_runners,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keeper = Keeper(home.aws)
        notes = list(self._keeper.restore())
        with self._keeper.keeping():
            aws.furnish()
        self.records = _open_records(home.records, notes)
        self.warnings = tuple(notes)
        adopt(self.records)
        taps.install()
        simulation.install()
        self.bridge = Bridge(self.records, self._call, self._keeping, clock, lambda: str(uuid.uuid4()))
        host, port = listener.getsockname()
        self.url = f"http://{host}:{port}"
        client = client_variables(self.url, keys)
        self._runners = runners(Ground(home.path, self.records, self._keeping, client))
        repair(self.records, clock(), self._runners.jobs.adopt())
        self._executor = Executor(
            self.records,
            self._runners.objects,
            self._call,
            clock,
            new_id,
        )
        self.api = Api(
            Service(
                records=self.records,
                jobs=self._runners.jobs,
                endpoints=self._runners.endpoints,
                objects=self._runners.objects,
                executor=self._executor,
                clock=clock,
                new_id=new_id,
            )
        )
        self._sweeper = Sweeper(home, self.records, self._keeper, self._keeping, clock)
        self._http = self._bind(listener, keys, clock)
        # It looks every 50 ms whether it shall end; the default of 500 ms is felt in `local down`.
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.05,), name="http", daemon=True
        )

    def _call(self, operation: str, request: Mapping[str, Any]) -> Record:
        # The executor needs the API, and the API the executor: this method is there before both.
        return self.api.call(operation, request)

    @contextmanager
    def _keeping(self) -> Iterator[None]:
        """A block that ends when what was written to moto in it is kept, and what that fires recorded."""
        with taps.gathering() as gathered:
            with self._keeper.keeping():
                yield
            if gathered is not None:
                self.bridge.publish(gathered.drafts)
                if gathered.schedules:
                    self.bridge.note_schedules()

    def _bind(self, listener: socket.socket, keys: KeyPair, clock: Callable[[], float]) -> BaseWSGIServer:
        application = Application(
            keys=keys,
            api=self.api,
            moto=aws.Moto(),
            health={"status": "ready", "pid": os.getpid()},
            keeping=self._keeping,
            clock=clock,
            sweep=self._sweeper.sweep,
        )
        listener.listen(128)
        host, port = listener.getsockname()
        return make_server(
            host, port, application, threaded=True, request_handler=Handler, fd=listener.fileno()
        )

    def start(self) -> None:
        """Serve in a thread, with the endpoints and executions of the last time."""
        self._runners.endpoints.restore()
        self._executor.resume()
        self.bridge.start()
        self._thread.start()

    def close(self) -> None:
        """Serve no more, and end jobs and endpoints."""
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        self.bridge.close()
        # Jobs first: their records, and so their steps and executions, still learn how they ended.
        self._runners.jobs.close()
        self._runners.endpoints.close()
        self.records.close()
        self._keeper.close()


class Handler(MotoRequestHandler):
    """One connection: keeps the headers as they came, for the signature, and writes no access log."""

    def make_environ(self) -> dict[str, Any]:
        """WSGI's environment."""
        environ: dict[str, Any] = super().make_environ()
        environ[HEADERS_KEY] = self.headers.items()
        return environ

    def log_request(self, *_: object) -> None:
        """Leave it: thousands of requests a run would fill the log."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """Errors of the HTTP server into our log."""
        _log.log(logging.ERROR if type == "error" else logging.DEBUG, message, *args)
