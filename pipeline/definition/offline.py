"""A quiet place for the SageMaker SDK, in which it neither asks AWS nor reads files of whoever runs it."""

from __future__ import annotations

import gc
import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import boto3

_SURROUNDINGS = {
    "AWS_ACCESS_KEY_ID": "offline",
    "AWS_SECRET_ACCESS_KEY": "offline",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def offline_sdk(region: str) -> Iterator[None]:
    """Import and use the SDK inside this; what it changes outside of itself is put back at the end.

    Not for several threads at once: for a moment the process has another environment.
    """
    with ExitStack() as stack:
        for place in (_environment(region), _default_session(), _logging(), _no_collection()):
            stack.enter_context(place)
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _environment(region: str) -> Iterator[None]:
    """Credentials that are worth nothing, a region, and no profile or file of anybody.

    When it is imported, the SDK makes sessions and a client of its own, out of the environment. Without a
    region that fails, and without credentials botocore asks the network for some.
    """
    before = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "SAGEMAKER_"))}
    _replace(before, {**_SURROUNDINGS, "AWS_DEFAULT_REGION": region})
    try:
        yield
    finally:
        _replace({**_SURROUNDINGS, "AWS_DEFAULT_REGION": region}, before)


def _replace(old: dict[str, str], new: dict[str, str]) -> None:
    for name in old:
        os.environ.pop(name, None)
    os.environ.update(new)


@contextmanager
def _default_session() -> Iterator[None]:
    """A default session of boto3 that is made out of this environment, and not an earlier one."""
    before, boto3.DEFAULT_SESSION = boto3.DEFAULT_SESSION, None
    try:
        yield
    finally:
        boto3.DEFAULT_SESSION = before


@contextmanager
def _logging() -> Iterator[None]:
    """No advice of the SDK on stderr. It makes the root logger print there too, unless that has a handler."""
    root, sdk = logging.getLogger(), logging.getLogger("sagemaker")
    handlers, level, sdk_level = root.handlers[:], root.level, sdk.level
    root.addHandler(logging.NullHandler())
    sdk.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        sdk.setLevel(sdk_level)


@contextmanager
def _no_collection() -> Iterator[None]:
    """No garbage collection: it takes half of the import, which makes many objects and frees next to none."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
