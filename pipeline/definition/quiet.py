"""Parts of the SageMaker SDK that ask nobody, in the place of those that do.

Importing this module imports the SDK: do it within `offline_sdk`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow import steps as step_module

_DEFAULTS = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}
"""Telemetry is off (the SDK's configuration key for it)."""


class SessionWithoutClients(PipelineSession):  # type: ignore[misc]  # the SDK is not typed
    """Hands requests around, and could not send one: it has none of the clients that the SDK makes.

    Nor does it look for defaults in files of whoever runs this. It saves half a second as well.
    """

    def _initialize(self, **_: Any) -> None:
        self.boto_session = boto3.Session()
        self._region_name = self.boto_session.region_name
        self.sagemaker_client = None
        self.sagemaker_config = _DEFAULTS
        self.local_mode = False


class _NoLocalMode:
    """Has the two methods of the SDK's client for its local mode whose names the SDK's steps ask for."""

    def create_processing_job(self) -> None:
        """Never called."""

    def create_transform_job(self) -> None:
        """Never called."""


@contextmanager
def no_local_mode() -> Iterator[None]:
    """Make steps inside this.

    To know the name of a method, the SDK's ProcessingStep and TransformStep each make a session of its local
    mode, which reads credentials and defaults files of whoever runs this. They get something simpler.
    """
    client, step_module.LocalSagemakerClient = step_module.LocalSagemakerClient, _NoLocalMode
    try:
        yield
    finally:
        step_module.LocalSagemakerClient = client
