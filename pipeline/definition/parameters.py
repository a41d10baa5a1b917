"""The pipeline's parameters: what can be changed when an execution starts, without a new definition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sagemaker.core.workflow.parameters import Parameter, ParameterFloat, ParameterInteger, ParameterString

from pipeline.definition.settings import Path, Setting

_NUMBERS = {"Integer": ParameterInteger, "Float": ParameterFloat}


@dataclass(frozen=True)
class Given:
    """The parameters by the key of the config that each comes from."""

    by_key: dict[Path, Parameter]

    def get(self, *path: str) -> Parameter | None:
        """The parameter of a key, if it is one."""
        return self.by_key.get(path)

    def section(self, *path: str) -> dict[str, Parameter]:
        """The parameters of a section, by key; with dots for keys of sections in it."""
        return {
            ".".join(key[len(path) :]): one for key, one in self.by_key.items() if key[: len(path)] == path
        }


def parameters(settings: Iterable[Setting]) -> Given:
    """The SDK's parameters, each with the config's value as its default."""
    return Given({one.path: _parameter(one) for one in settings})


def _parameter(setting: Setting) -> Parameter:
    if setting.type == "String":
        return ParameterString(setting.name, setting.default, list(setting.choices) or None)
    return _NUMBERS[setting.type](setting.name, setting.default)
