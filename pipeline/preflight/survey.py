"""All checks, one after the other, each whatever became of those before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from pipeline.aws_errors import AWS_ERRORS, explain
from pipeline.config.loader import Loaded
from pipeline.preflight.bucket import bucket
from pipeline.preflight.check import Check, unknown
from pipeline.preflight.group import group
from pipeline.preflight.image import image
from pipeline.preflight.permissions import permissions
from pipeline.preflight.prefixes import prefixes
from pipeline.preflight.quotas import quotas
from pipeline.preflight.role import role
from pipeline.session import Session

Checker = Callable[[Session, Loaded], Iterator[Check]]

CHECKERS: Mapping[str, Checker] = {
    "role": role,
    "permissions": permissions,
    "bucket": bucket,
    "data": prefixes,
    "quotas": quotas,
    "containers": image,
    "model group": group,
}
"""What is asked once the credentials do, in the order of the questions."""

QUICK = ("role", "bucket", "data", "quotas", "model group")
"""Those that cost a request or two each: `imgpipe plan` makes them."""


def survey(session: Session, loaded: Loaded, names: Iterable[str] = tuple(CHECKERS)) -> Iterator[Check]:
    """Makes the checks of these names. None raises because of what AWS answers."""
    for name in names:
        try:
            yield from CHECKERS[name](session, loaded)
        except AWS_ERRORS as error:
            yield unknown(name, explain(error).findings[0].message)


def blocked(why: str) -> Iterator[Check]:
    """The same checks where AWS cannot be asked at all."""
    return (unknown(name, why) for name in CHECKERS)
