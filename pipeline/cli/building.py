"""From a checked config to the definition that a command sends, its findings told on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.cli import console
from pipeline.config.loader import Loaded

if TYPE_CHECKING:
    from pipeline.definition import Definition


def build(loaded: Loaded) -> Definition:
    """The definition of a config; warnings of the config go to stderr.

    Raises:
        ConfigError: The definition is not one that SageMaker takes.
    """
    for warning in loaded.warnings:
        console.note(str(warning))
    # Seconds to import, so only where a definition is built.
    from pipeline.definition import build_definition

    return build_definition(loaded.config, loaded.facts)
