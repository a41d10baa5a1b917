from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import pytest

from pipeline.local import lifecycle
from pipeline.local.lifecycle import LocalEndpoint


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalEndpoint]:
    """A local SageMaker in a process of its own."""
    home = tmp_path_factory.mktemp("home")
    yield lifecycle.ensure_running(home, 0)
    lifecycle.stop(home)


@pytest.fixture(scope="module")
def variables(at: LocalEndpoint) -> Mapping[str, str]:
    """What `imgpipe local status` prints, and nothing else of AWS."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return {
        **ours,
        "AWS_ENDPOINT_URL": at.url,
        "AWS_ACCESS_KEY_ID": at.access_key,
        "AWS_SECRET_ACCESS_KEY": at.secret_key,
        "AWS_DEFAULT_REGION": at.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
