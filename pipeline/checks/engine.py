"""All checks of a definition, in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pipeline.checks import requests
from pipeline.language.definition import Definition
from pipeline.language.parameters import Value
from pipeline.language.problem import Problem

Check = Callable[[Definition, Mapping[str, Value]], Iterator[Problem]]
"""Looks for one sort of problem in a definition that can be read, with the parameters' values by name."""

CHECKS: tuple[Check, ...] = (requests.problems,)
