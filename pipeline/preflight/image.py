"""Are the images of the jobs in the region?

The SDK's tables are read as data: importing the SDK takes seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipeline.config.loader import Loaded
from pipeline.errors import Finding
from pipeline.preflight.check import Check, failed, not_needed, passed, unknown
from pipeline.session import Session

NAME = "containers"

IMAGES = {"image-classification": ("1",), "sklearn": ("training", "1.4-2")}
"""Framework → where its version stands in the table, of all images that a definition names."""


def image(session: Session, loaded: Loaded) -> Iterator[Check]:
    """Looks the region up in the SDK's tables of images."""
    if session.is_local:
        yield not_needed(NAME)
        return
    try:
        registries = {framework: _registries(framework) for framework in IMAGES}
    except (OSError, KeyError, ValueError) as error:
        yield unknown(NAME, f"the SageMaker SDK's tables of images are not where they were ({error})")
        return
    region = loaded.facts.region
    lacking = [framework for framework, regions in registries.items() if region not in regions]
    if lacking:
        yield failed(NAME, *(_lacking(framework, region) for framework in lacking))
        return
    named = ", ".join(f"{framework} of account {registries[framework][region]}" for framework in registries)
    yield passed(NAME, f"{named} in {region}")


def _registries(framework: str) -> dict[str, str]:
    """Account by region."""
    scope = json.loads(_table(framework).read_text(encoding="utf-8"))
    *scopes, version = IMAGES[framework]
    for name in scopes:
        scope = scope[name]
    found: dict[str, Any] = scope["versions"][version]["registries"]
    return found


def _table(framework: str) -> Path:
    # For a package that is not inside another one, this imports nothing.
    spec = find_spec("sagemaker")
    for folder in (spec and spec.submodule_search_locations) or ():
        table = Path(folder) / "core" / "image_uri_config" / f"{framework}.json"
        if table.is_file():
            return table
    raise FileNotFoundError(f"{framework}.json")


def _lacking(framework: str, region: str) -> Finding:
    return Finding(
        "D101",
        "region-without-image",
        f"SageMaker has no {framework} image in the region '{region}'",
        hint="check `region`: it is that of the AWS profile where the config does not say",
    )
