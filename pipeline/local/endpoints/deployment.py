"""One deployment: traffic moves to new servers step by step, as long as no alarm says otherwise."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.local.endpoints.alarms import Alarms
from pipeline.local.endpoints.board import Board
from pipeline.local.endpoints.clockwork import Clockwork
from pipeline.local.endpoints.policy import Policy, Shift
from pipeline.local.endpoints.variant import FleetEnded

ALARM_S = 1.0
"""Seconds between two looks at the alarms."""


class RolledBack(Exception):
    """The deployment is not to go on; the text is the endpoint's FailureReason."""


class Deployment:
    """One deployment. It begins with its creation, before the new servers are started.

    Args:
        policy: How it goes.
        board: Shows how far it is.
        alarms: CloudWatch's.
        clockwork: For its waits.
        scale: By how much it waits shorter than asked for.
    """

    def __init__(
        self, policy: Policy, board: Board, alarms: Alarms, clockwork: Clockwork, scale: float = 1.0
    ) -> None:
        self._policy = policy
        self._board = board
        self._alarms = alarms
        self._clockwork = clockwork
        self._scale = scale
        self._began = clockwork.now()
        self._reached: Shift | None = None

    def run(self, route: Callable[[float], None]) -> None:
        """Move the traffic to the new servers, which are ready; returns when all is theirs for good.

        Args:
            route: Gives the new servers a share of the requests.

        Raises:
            RolledBack: An alarm is tripped, or it takes too long.
            FleetEnded: The server goes down.
        """
        for shift in self._policy.shifts:
            self._check()
            self._board.activating(shift)
            self._reached = shift
            route(float(shift.share))
            if self._policy.rolling:
                self._board.shrink(shift)
            self._bake(shift)

    def roll_back(self, route: Callable[[float], None]) -> None:
        """Move the traffic back to the old servers; returns when all is theirs. No alarm is looked at.

        Args:
            route: Gives the new servers a share of the requests.

        Raises:
            FleetEnded: The server goes down.
        """
        for shift in self._policy.returns(self._reached) if self._reached else ():
            self._board.returning(shift)
            route(float(shift.share))
            if shift.share and self._clockwork.wait(shift.wait * self._scale):
                raise FleetEnded

    def _bake(self, shift: Shift) -> None:
        until = self._clockwork.now() + shift.wait * self._scale
        if shift.wait:
            self._board.baking(shift)
        self._check()
        while (left := until - self._clockwork.now()) > 0:
            if self._clockwork.wait(min(left, ALARM_S)):
                raise FleetEnded
            self._check()

    def _check(self) -> None:
        if tripped := self._alarms.tripped(self._policy.alarms):
            names = ", ".join(tripped)
            raise RolledBack(f"The deployment was rolled back: CloudWatch alarm(s) {names} went into ALARM.")
        timeout = self._policy.timeout
        if timeout is not None and self._clockwork.now() - self._began > timeout:
            raise RolledBack(
                f"The deployment was rolled back: it took longer than {timeout} seconds "
                "(MaximumExecutionTimeoutInSeconds)."
            )
