"""From a loaded config to the definition that a command sends, with all findings told on the way."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.checks.places import finding
from pipeline.cli import console
from pipeline.cli.home import home
from pipeline.codes import CODES
from pipeline.config.loader import Loaded
from pipeline.config.node import mark_of
from pipeline.definition.cache import Cache
from pipeline.definition.checked import Checked, checked_definition
from pipeline.definition.origins import origin
from pipeline.errors import ConfigError, Finding

if TYPE_CHECKING:
    from pipeline.definition import Definition

_BUILDING = (
    "building the definition with the SageMaker SDK, some seconds; it is kept until the config changes"
)


def build(loaded: Loaded, *, local: bool = False) -> Definition:
    """The definition of a config, checked; warnings go to stderr.

    Args:
        loaded: The config.
        local: Leave out warnings that concern only AWS: the local SageMaker will run it.

    Raises:
        ConfigError: With all that AWS would refuse, each at its place in the YAML.
    """
    definition, warnings = build_and_check(loaded)
    told = [one for one in warnings if not (local and CODES[one.code].aws_only)]
    if told:
        console.problems(told)
    return definition


def build_and_check(loaded: Loaded) -> tuple[Definition, tuple[Finding, ...]]:
    """The definition of a config, and the warnings about both.

    Raises:
        ConfigError: With all that AWS would refuse, each at its place in the YAML.
    """
    cache = Cache(home(os.environ) / "cache" / "definitions")
    try:
        checked = checked_definition(
            loaded.config, loaded.facts, cache, lambda: console.note(_BUILDING), _tell_unkept
        )
    except ConfigError as error:
        raise ConfigError(*(_at_region(one, loaded) for one in error.findings)) from error
    found = tuple(_findings(loaded, checked))
    mistakes = [one for one in found if one.severity == "error"]
    if mistakes:
        raise ConfigError(*mistakes)
    return checked.definition, (*loaded.warnings, *found)


def _at_region(found: Finding, loaded: Loaded) -> Finding:
    """A finding without a place, which is about the region, at the key of the region if there is one."""
    if found.place is not None or loaded.config.region is None:
        return found
    mark = mark_of(loaded.root, ("region",))
    return replace(found, place=mark.place, excerpt=mark.excerpt())


def _tell_unkept(error: OSError) -> None:
    console.note(f"note: the definition could not be kept, and is built again the next time: {error}")


def _findings(loaded: Loaded, checked: Checked) -> Iterator[Finding]:
    """The problems at their places in the YAML, without those that the config's own rules have told.

    The rules may speak of an item of a list where the checks, which see a parameter, speak of the list.
    """
    document = json.loads(checked.definition.text)
    told = {_line(one) for one in loaded.warnings}
    for problem in checked.problems:
        found = finding(problem, mark_of(loaded.root, origin(document, problem.path)), CODES)
        if _line(found) not in told:
            yield found


def _line(found: Finding) -> tuple[str, str, int] | None:
    return (found.code, found.place.file, found.place.line) if found.place else None
