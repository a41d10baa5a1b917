"""The rest of AWS: moto in this process, with what an account of SageMaker has.

It leans on these internals of moto 5.2: `create_backend_app` and its `DISABLE_GLOBAL_CORS`,
`S3Backend.create_bucket` and `IAMBackend.create_role`.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterable
from typing import Any

import moto.settings
from moto.backends import get_backend

from pipeline.local.arns import ACCOUNT, REGION
from pipeline.local.bodies import Environ

ROLE = "imgpipe-execution"
BUCKET = f"sagemaker-{REGION}-{ACCOUNT}"
"""The default bucket, named as the SageMaker SDK names it."""

SIGNING_NAMES = {
    "s3": "s3",
    "iam": "iam",
    "sts": "sts",
    "events": "events",
    "scheduler": "scheduler",
    "logs": "logs",
    "monitoring": "cloudwatch",
    "kms": "kms",
    "sns": "sns",
    "sqs": "sqs",
    "servicequotas": "servicequotas",
}
"""The services that moto answers: the name in a signature → moto's name."""

_TRUSTED = ("sagemaker.amazonaws.com", "events.amazonaws.com", "scheduler.amazonaws.com")


class Moto:
    """The WSGI applications of moto, without the headers that would let web pages read its answers.

    moto's own dispatcher lists a folder of 180 entries to find out the service of each request, one request
    at a time. Here the service is known from the signature.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._applications: dict[str, Any] = {}

    def __call__(self, service: str, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request to a service (moto's name)."""
        if service == "s3" and environ["PATH_INFO"].startswith("/v20180820/"):
            service = "s3control"
        with self._lock:
            if service not in self._applications:
                self._applications[service] = _application(service)
            application = self._applications[service]
        answer: Iterable[bytes] = application(environ, start_response)
        return answer


def _application(service: str) -> Any:
    from moto.moto_server import werkzeug_app

    # Read when the module is imported, so the environment variable would come too late in tests.
    werkzeug_app.DISABLE_GLOBAL_CORS = True
    return werkzeug_app.create_backend_app(service)


def furnish() -> None:
    """Make the execution role and the default bucket, if they are missing."""
    # No permission is checked here, so a role needs no policy; moto's own would be AWS's 1,500.
    assert math.isinf(moto.settings.INITIAL_NO_AUTH_ACTION_COUNT)
    s3 = get_backend("s3")[ACCOUNT]["aws"]
    if BUCKET not in s3.buckets:
        s3.create_bucket(BUCKET, REGION)
    iam = get_backend("iam")[ACCOUNT]["aws"]
    if not any(role.name == ROLE for role in iam.get_roles()):
        statement = {"Effect": "Allow", "Principal": {"Service": list(_TRUSTED)}, "Action": "sts:AssumeRole"}
        iam.create_role(
            role_name=ROLE,
            assume_role_policy_document=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
            permissions_boundary=None,
            path="/",
            description="Runs the pipelines of the local SageMaker",
            tags=[],
            max_session_duration="3600",
        )
