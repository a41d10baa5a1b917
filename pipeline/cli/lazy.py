"""A command group that imports a command only when it is called, so that help answers at once."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from pipeline.errors import ExitCode
from pipeline.suggestion import nearest

# typer does not export the name of the error that a wrong command line is: UsageError.
WRONG_USAGE: type[BaseException] = typer.BadParameter.__mro__[1]


@dataclass(frozen=True)
class Entry:
    """One command of the table.

    Attributes:
        target: `module:function` of the command, or the entries of a group.
        help: One line.
        section: The heading that it stands under in the help of its group.
        epilog: Stands below the options in its help.
        usage_exit: What it exits with on wrong usage or config, where 2 means something else.
    """

    target: str | Mapping[str, Entry]
    help: str
    section: str = "Commands"
    epilog: str | None = None
    usage_exit: ExitCode = ExitCode.USAGE


def build(entry: Entry, name: str) -> Any:
    """The click command of an entry."""
    if isinstance(entry.target, str):
        module, _, function = entry.target.partition(":")
        app = _app()
        declare = app.command(
            name, help=entry.help, epilog=entry.epilog, cls=_command_class(entry.usage_exit)
        )
        declare(getattr(importlib.import_module(module), function))
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


def _command_class(usage_exit: ExitCode) -> type[TyperCommand]:
    class Command(TyperCommand):
        def make_context(self, *arguments: Any, **settings: Any) -> Any:
            try:
                return super().make_context(*arguments, **settings)
            except WRONG_USAGE as error:
                error.exit_code = usage_exit  # type: ignore[attr-defined]
                raise

    return Command


def _group_class(entries: Mapping[str, Entry]) -> type[TyperGroup]:
    class LazyGroup(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 click's signature
            return list(entries)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 click's signature
            return build(entries[cmd_name], cmd_name) if cmd_name in entries else None

        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            name = args[0]
            if name not in entries and not name.startswith("-"):
                near = nearest(name, entries)
                ctx.fail(f"No such command '{name}'." + (f" Did you mean '{near}'?" if near else ""))
            return super().resolve_command(ctx, args)

        def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 click's signature
            for section in dict.fromkeys(entry.section for entry in entries.values()):
                with formatter.section(section):
                    formatter.write_dl(
                        [(name, entry.help) for name, entry in entries.items() if entry.section == section]
                    )

    return LazyGroup
