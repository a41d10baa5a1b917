"""The states of CloudWatch alarms, read from moto in this process.

It leans on these internals of moto 5.2: `CloudWatchBackend.alarms` and the `state_value` of an alarm.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.backends import get_backend


class Alarms:
    """The alarms of one account and region.

    Their states change by SetAlarmState alone: moto does not compute them from metrics.

    Args:
        account: The account's number.
        region: Its region.
    """

    def __init__(self, account: str, region: str) -> None:
        self._account = account
        self._region = region

    def missing(self, names: Iterable[str]) -> list[str]:
        """Those of the names that no alarm has."""
        alarms = self._alarms()
        return [name for name in names if name not in alarms]

    def tripped(self, names: Iterable[str]) -> list[str]:
        """Those of the alarms that are in state ALARM, or gone: nobody can say then that all is well."""
        alarms = self._alarms()
        return [name for name in names if name not in alarms or alarms[name].state_value == "ALARM"]

    def _alarms(self) -> Any:
        return get_backend("cloudwatch")[self._account][self._region].alarms
