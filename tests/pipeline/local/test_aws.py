"""The internals of moto that pipeline.local.aws leans on."""

from __future__ import annotations

import inspect

import moto.iam.models
import moto.s3.models
import moto.settings
import pytest
from moto.moto_server import werkzeug_app

from pipeline.local.aws import SIGNING_NAMES
from pipeline.local.shelves import install


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (werkzeug_app, "create_backend_app"),
        (werkzeug_app, "DISABLE_GLOBAL_CORS"),
        (moto.settings, "INITIAL_NO_AUTH_ACTION_COUNT"),
        (moto.s3.models.S3Backend, "create_bucket"),
        (moto.iam.models.IAMBackend, "create_role"),
    ],
)
def test_names(where: object, name: str) -> None:
    assert hasattr(where, name)


def test_what_a_role_is_made_of() -> None:
    install()
    asked = inspect.signature(moto.iam.models.IAMBackend.create_role).parameters
    assert {"role_name", "assume_role_policy_document", "permissions_boundary", "path"} <= set(asked)
    assert {"description", "tags", "max_session_duration"} <= set(asked)


@pytest.mark.parametrize("service", sorted(SIGNING_NAMES.values()))
def test_an_application_for_each_service(service: str) -> None:
    assert werkzeug_app.create_backend_app(service).url_map is not None
