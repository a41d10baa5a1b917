"""What the expressions of a definition stand for before anything has run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.language.evaluation import UNKNOWN
from pipeline.language.parameters import Value


@dataclass(frozen=True)
class EarlyScope:
    """What is known before any step has run.

    Attributes:
        parameters: Values by name; a missing one is unknown.
    """

    parameters: Mapping[str, Value]

    def parameter(self, name: str) -> object:
        """The value, if there is one already."""
        return self.parameters.get(name, UNKNOWN)

    def variable(self, _name: str) -> object:
        """Unknown."""
        return UNKNOWN

    def properties(self, _step: str) -> object:
        """Unknown."""
        return UNKNOWN

    def property_file(self, _step: str, _name: str) -> object:
        """Unknown."""
        return UNKNOWN

    def json_at(self, _uri: str) -> object:
        """Unknown."""
        return UNKNOWN
