"""The checks that `imgpipe plan` makes: those that cost a request or two each."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.config.loader import Loaded
from pipeline.preflight.check import Check
from pipeline.preflight.survey import QUICK, survey
from pipeline.session import Session


def quick_checks(session: Session, loaded: Loaded) -> Iterator[Check]:
    """Role and its trust, buckets, data prefixes, quotas and model package group.

    No check raises because of what AWS answers: what could not be checked says why.
    """
    return survey(session, loaded, QUICK)
