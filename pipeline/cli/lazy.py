"""A command group that imports a command only when it is called, so that help answers at once."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command


@dataclass(frozen=True)
class Entry:
    """One command of the table.

    Attributes:
        target: `module:function` of the command, or the entries of a group.
        help: One line.
        section: The heading that it stands under in the help of its group.
    """

    target: str | Mapping[str, Entry]
    help: str
    section: str = "Commands"


def build(entry: Entry, name: str) -> Any:
    """The click command of an entry."""
    if isinstance(entry.target, str):
        module, _, function = entry.target.partition(":")
        app = _app()
        app.command(name, help=entry.help)(getattr(importlib.import_module(module), function))
        return get_command(app)
    group = _app(cls=_group_class(entry.target), no_args_is_help=True)
    # Typer makes a group only of an app that has a callback.
    group.callback(help=entry.help)(_nothing)
    return get_command(group)


def _app(**settings: Any) -> typer.Typer:
    # Rich's help and tracebacks would cost start-up time; the error boundary is in entry.py.
    return typer.Typer(
        add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, **settings
    )


def _nothing() -> None:
    """A group by itself does nothing."""


def _group_class(entries: Mapping[str, Entry]) -> type[TyperGroup]:
    class LazyGroup(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 click's signature
            return list(entries)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 click's signature
            return build(entries[cmd_name], cmd_name) if cmd_name in entries else None

        def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 click's signature
            for section in dict.fromkeys(entry.section for entry in entries.values()):
                with formatter.section(section):
                    formatter.write_dl(
                        [(name, entry.help) for name, entry in entries.items() if entry.section == section]
                    )

    return LazyGroup
