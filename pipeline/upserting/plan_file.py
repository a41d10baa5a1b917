"""A plan in a file: all that an upsert needs to do exactly what was shown, on any machine.

The checksum finds what was cut or edited by mistake. It is no signature: who may write the file decides what
is applied, so keep it as you keep the YAML.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.errors import Finding, RunError
from pipeline.session import Session
from pipeline.upserting.changes import drift
from pipeline.upserting.deployed import Deployed
from pipeline.upserting.desired import Desired
from pipeline.upserting.plan import Plan

_FORMAT = "imgpipe-plan"
_VERSION = 1


@dataclass(frozen=True)
class PlanFile:
    """What was written down.

    Attributes:
        path: Where it was read from.
        made: When, by the clock of the machine that planned.
        is_local: Whether it is for the local SageMaker.
        account: Twelve digits.
        region: Such as us-east-1.
        present: The pipeline as it was then.
        desired: What should exist.
    """

    path: Path
    made: str
    is_local: bool
    account: str
    region: str
    present: Deployed | None
    desired: Desired

    def check_engine(self, *, local: bool, region: str | None) -> None:
        """Refuses a command line that leads elsewhere than the plan does.

        Raises:
            RunError: It does.
        """
        if self.is_local and not local:
            raise self._elsewhere("for the local SageMaker", "add `--local`")
        if local and not self.is_local:
            raise self._elsewhere("for Amazon SageMaker", "leave out `--local`")
        if not local and region not in (None, self.region):
            raise self._elsewhere(f"for region {self.region}, not {region}", "leave out `--region`")

    def check_account(self, session: Session) -> None:
        """Refuses credentials of another account.

        Raises:
            RunError: They are.
        """
        account = session.facts.account
        if account != self.account:
            hint = "name the `--profile` of that account, or plan again with this one"
            raise self._elsewhere(f"for account {self.account}, and the credentials are of {account}", hint)

    def guard(self, now: Deployed | None) -> None:
        """Refuses a pipeline that is not as it was when the plan was made.

        Raises:
            RunError: It is not; its details say what changed.
        """
        changed = drift(self.present, now)
        if changed:
            message = f"pipeline '{self.desired.name}' has changed since {self.path} was made ({self.made})"
            hint = "`imgpipe plan` shows what an upsert would do now"
            details = (("since", "\n".join(changed)),)
            raise RunError(Finding("R125", "plan-outdated", message, details=details, hint=hint))

    def _elsewhere(self, what: str, hint: str) -> RunError:
        return RunError(Finding("R124", "other-target", f"{self.path} is a plan {what}", hint=hint))


def check_replaceable(path: Path) -> None:
    """Refuses to write over anything that is not a plan.

    Raises:
        RunError: Something else is there.
        FileNotFoundError: The folder is not there.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path.parent))
    if path.exists() and not _is_plan(path):
        hint = "name another file"
        raise RunError(Finding("R126", "not-a-plan", f"{path} is there and is no plan", hint=hint))


def write(path: Path, plan: Plan, now: datetime) -> None:
    """Writes a plan, at once and for the owner only: environments of steps are nobody else's business.

    Raises:
        RunError: Something else is there.
    """
    content = {
        "by": f"imgpipe {version('imgpipe')}",
        "made": now.isoformat(timespec="seconds"),
        "local": plan.is_local,
        "account": plan.account,
        "region": plan.region,
        "present": plan.present.to_json() if plan.present else None,
        "desired": plan.desired.to_json(),
    }
    document = {"format": _FORMAT, "version": _VERSION, "sha256": _checksum(content), "content": content}
    check_replaceable(path)
    # mkstemp makes a file that only its owner may read.
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(json.dumps(document, indent=1) + "\n")
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink()
        raise


def read(path: Path) -> PlanFile:
    """Reads a plan.

    Raises:
        RunError: It is none, is damaged, or was written by a newer imgpipe.
        OSError: It cannot be read.
    """
    document = _document(path)
    if document is None or document.get("format") != _FORMAT:
        hint = "`imgpipe plan --out FILE` writes one; a YAML file goes after `-c`"
        raise RunError(Finding("R121", "no-plan", f"{path} is no plan", hint=hint))
    if document.get("version") != _VERSION:
        message = f"{path} has version {document.get('version')} of the format; this imgpipe knows {_VERSION}"
        raise RunError(Finding("R123", "plan-version", message, hint="plan again with this imgpipe"))
    content = document.get("content")
    if not isinstance(content, dict) or document.get("sha256") != _checksum(content):
        raise _damaged(path, "its checksum is that of another content")
    try:
        return _plan_file(path, content)
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path, str(error)) from error


def _plan_file(path: Path, content: Mapping[str, Any]) -> PlanFile:
    present = content["present"]
    return PlanFile(
        path=path,
        made=content["made"],
        is_local=content["local"],
        account=content["account"],
        region=content["region"],
        present=Deployed.from_json(present) if present is not None else None,
        desired=Desired.from_json(content["desired"]),
    )


def _document(path: Path) -> dict[str, Any] | None:
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _is_plan(path: Path) -> bool:
    if not path.is_file():
        return False
    document = _document(path)
    return document is not None and document.get("format") == _FORMAT


def _checksum(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _damaged(path: Path, reason: str) -> RunError:
    hint = "a plan is not edited: change the YAML and plan again"
    return RunError(
        Finding("R122", "plan-damaged", f"{path} is damaged", details=(("reason", reason),), hint=hint)
    )
