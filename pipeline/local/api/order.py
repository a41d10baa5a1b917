"""The order of a list, and where a page of it ends."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pipeline.local.errors import ApiError
from pipeline.local.records import Record

_Place = tuple[bool, Any, Any]


@dataclass(frozen=True)
class Order:
    """The order of a list of records.

    Attributes:
        key: The records' member that it goes by; numbers come before texts, as some may lack it.
        name: The records' member that tells equal ones apart.
        descending: Whether the greatest comes first.
    """

    key: str
    name: str
    descending: bool

    def sorted(self, records: Iterable[Record]) -> list[Record]:
        """The records in this order."""
        return sorted(records, key=self._place, reverse=self.descending)

    def after(self, token: str, records: Iterable[Record]) -> list[Record]:
        """The records that come after the end of a page.

        Raises:
            ApiError: ValidationException: the token is not one of ours, or of a list in another order.
        """
        end = self._read(token)
        if self.descending:
            return [record for record in records if self._place(record) < end]
        return [record for record in records if self._place(record) > end]

    def token(self, last: Record) -> str:
        """Says where a page ends, given its last record."""
        text = json.dumps([self.key, self.descending, self._place(last)])
        return base64.urlsafe_b64encode(text.encode()).decode()

    def _place(self, record: Record) -> _Place:
        value = record.get(self.key, 0 if self.key.endswith("Time") else "")
        is_number = isinstance(value, int | float)
        return not is_number, value if is_number else str(value), record[self.name]

    def _read(self, token: str) -> _Place:
        try:
            key, descending, (is_text, value, name) = json.loads(base64.urlsafe_b64decode(token))
        except (ValueError, TypeError, binascii.Error) as error:
            raise _invalid("it is not one of ours") from error
        if (key, descending) != (self.key, self.descending):
            raise _invalid("it is of a list in another order")
        return is_text, value, name


def _invalid(why: str) -> ApiError:
    return ApiError("ValidationException", f"Invalid pagination token: {why}")
