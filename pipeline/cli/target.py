"""From the options of a command line to a config and a session."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.cli import console
from pipeline.cli.home import home
from pipeline.config.loader import Loaded, load_config
from pipeline.errors import Finding, UsageError

if TYPE_CHECKING:
    from pipeline.session import Session


@dataclass(frozen=True)
class Target:
    """Where a command goes: its YAML and the engine behind it."""

    config: Path
    local: bool
    profile: str | None = None
    region: str | None = None

    def session(self) -> Session:
        """Connects; starts the local SageMaker if that is where the command goes."""
        from pipeline.session import connect_aws, connect_local

        if not self.local:
            return connect_aws(self.profile, self.region or self._configured_region(), os.environ)
        from pipeline.local.lifecycle import ensure_running

        at = ensure_running(home(os.environ))
        return connect_local(at.url, at.access_key, at.secret_key, at.region)

    def load(self, session: Session) -> Loaded:
        """The config, with the facts of the session's account filled in.

        Raises:
            UsageError: The config is for another region than the command line says.
        """
        loaded = load_config(self.config, facts=session.facts, environ=os.environ)
        # The local SageMaker is in one region, and plays them all.
        if not self.local and loaded.facts.region != session.facts.region:
            raise UsageError(_two_regions(session.facts.region, loaded))
        return loaded

    def load_to_build(self, session: Session) -> Loaded:
        """The config as `load` reads it, for whoever makes a definition of it.

        Where a section lists several machines, AWS is asked which of them the account may run; the next of
        the list takes the place of one that it may not, and a note says so.
        """
        loaded = self.load(session)
        if session.is_local:
            return loaded
        from pipeline.preflight.quotas import has_choice, replacements, without_quota

        if not has_choice(loaded.config):
            return loaded
        quotas = without_quota(session, loaded.config)
        if quotas.unknown is not None:
            console.note(f"note: machines are chosen without their quotas: {quotas.unknown}")
        for text in replacements(loaded.config, quotas):
            console.note(f"note: {text}")
        return replace(loaded, facts=replace(loaded.facts, without_quota=quotas.without))

    def load_offline(self) -> Loaded:
        """The config, with stand-ins for what only the account knows."""
        return load_config(self.config, facts=None, environ=os.environ)

    def _configured_region(self) -> str | None:
        return self.load_offline().config.region

    def find_execution(self, named: str | None) -> tuple[Session, str]:
        """The session, and the ARN of the execution that is named by ARN or id, or else of the newest one."""
        from pipeline import executions

        session = self.session()
        if named is not None and named.startswith("arn:"):
            return session, named
        pipeline = self.load(session).config.name
        if named is None:
            return session, executions.latest(session, pipeline)
        return session, executions.arn_of(session, pipeline, named)


def _two_regions(given: str, loaded: Loaded) -> Finding:
    return Finding(
        "R008",
        "two-regions",
        f"--region is {given}, and the config's region is {loaded.facts.region}",
        place=loaded.place("region"),
        hint="leave out one of them",
    )


def parse_parameters(texts: list[str] | None) -> Mapping[str, str]:
    """NAME=VALUE arguments as a mapping.

    Raises:
        UsageError: With one finding for each argument without a value, and for each name that comes twice.
    """
    pairs = [(name, value) for name, _, value in (text.partition("=") for text in texts or [])]
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    empty = [_no_value(name) for name, value in pairs if not name or not value]
    twice = [_twice(name, values) for name, values in given.items() if len(values) > 1]
    if empty or twice:
        raise UsageError(*empty, *twice)
    return dict(pairs)


def _no_value(name: str) -> Finding:
    message = f"parameter '{name}' has no value" if name else "a parameter has no name"
    return Finding("R105", "bad-parameter", message, hint=f"write {name or 'NAME'}=VALUE")


def _twice(name: str, values: list[str]) -> Finding:
    return Finding(
        "R144",
        "parameter-twice",
        f"parameter '{name}' is given {len(values)} times: {', '.join(values)}",
        hint="give it once",
    )
