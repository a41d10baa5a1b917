"""Asks for a sweep: the running server, or this process if there is none. Imports nothing slow by itself."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from pipeline.errors import Finding, RunError
from pipeline.local import lifecycle
from pipeline.local.gc.policy import Found, Policy
from pipeline.local.home import Home
from pipeline.local.lifecycle import LocalEndpoint
from pipeline.local.locks import Locked, hold, holding

_PATH = "/_imgpipe/gc"
_TIMEOUT_S = 600
_TRIES = 50


def sweep(home: Path, policy: Policy) -> list[Found]:
    """Count what may go, and remove it unless the policy says otherwise.

    Raises:
        RunError: L009: it cannot be done.
    """
    at = Home(home)
    if not at.local.is_dir():
        return []
    if running := lifecycle.status(home):
        return _ask(running, policy)
    # Nobody starts the server meanwhile.
    with holding(at.start_lock):
        if running := lifecycle.status(home):
            return _ask(running, policy)
        try:
            handle = hold(at.server_lock, _TRIES)
        except Locked:
            raise _refused("a server has its folder and does not answer yet; try again") from None
        try:
            return _sweep_here(at, policy)
        finally:
            os.close(handle)


def _ask(running: LocalEndpoint, policy: Policy) -> list[Found]:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    from botocore.exceptions import HTTPClientError
    from botocore.httpsession import URLLib3Session

    request = AWSRequest("POST", f"{running.url}{_PATH}", data=json.dumps(policy.told()))
    SigV4Auth(Credentials(running.access_key, running.secret_key), "sagemaker", running.region).add_auth(
        request
    )
    try:
        answer = URLLib3Session(timeout=_TIMEOUT_S).send(request.prepare())
    except HTTPClientError as error:
        raise _refused(str(error)) from error
    told = json.loads(answer.content)
    if answer.status_code != 200:
        raise _refused(str(told.get("message", answer.status_code)))
    return [Found(**each) for each in told["found"]]


def _sweep_here(at: Home, policy: Policy) -> list[Found]:
    from contextlib import closing

    from pipeline.local.gc.sweep import Sweeper
    from pipeline.local.kept import Keeper
    from pipeline.local.records import Records

    keeper = Keeper(at.aws)
    with closing(Records(at.records)) as records, closing(keeper):
        keeper.restore()
        return Sweeper(at, records, keeper, keeper.keeping, time.time).sweep(policy)


def _refused(why: str) -> RunError:
    return RunError(Finding("L009", "not-swept", f"the local SageMaker's folder cannot be swept: {why}"))
