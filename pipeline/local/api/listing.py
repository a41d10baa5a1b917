"""Lists of records: filters, order and pages, the same for every List operation."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.local.errors import ApiError
from pipeline.local.records import Record


@dataclass(frozen=True)
class Listing:
    """How one List operation lists its records.

    Attributes:
        result: The member of the response that holds the page.
        name: The record's member that SortBy Name and NameContains mean; must be unique.
        status: The record's member that SortBy Status and StatusEquals mean.
        sort_by: SortBy if the request has none.
        descending: Order if the request has no SortOrder.
        page: MaxResults if the request has none.
        equals: Further request member → record member that must be equal to it.
        prefixes: Further request member → record member that must start with it.
        from_limit: Whether CreationTimeAfter takes the very time too, as some operations have it.
    """

    result: str
    name: str
    status: str | None = None
    sort_by: str = "CreationTime"
    descending: bool = True
    page: int = 10
    equals: Mapping[str, str] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)
    from_limit: bool = False


# Request member → (record member, whether the record must be later).
_TIMES = {
    "CreationTimeAfter": ("CreationTime", True),
    "CreationTimeBefore": ("CreationTime", False),
    "CreatedAfter": ("CreationTime", True),
    "CreatedBefore": ("CreationTime", False),
    "LastModifiedTimeAfter": ("LastModifiedTime", True),
    "LastModifiedTimeBefore": ("LastModifiedTime", False),
}


def page(listing: Listing, records: Iterable[Record], request: Mapping[str, Any]) -> Record:
    """The response to a List request.

    Raises:
        ApiError: ValidationException: the NextToken is not one of ours.
    """
    key = _sort_member(listing, request)
    kept = [record for record in records if _matches(listing, record, request)]

    def place(record: Record) -> tuple[Any, str]:
        return record.get(key, 0 if key.endswith("Time") else ""), record[listing.name]

    order = request.get("SortOrder")
    descending = order == "Descending" if order else listing.descending
    kept.sort(key=place, reverse=descending)
    if token := request.get("NextToken"):
        last = _parse_token(token)
        kept = [record for record in kept if (place(record) < last if descending else place(record) > last)]
    size = request.get("MaxResults") or listing.page
    response: Record = {listing.result: kept[:size]}
    if len(kept) > size:
        response["NextToken"] = _token(place(kept[size - 1]))
    return response


def _sort_member(listing: Listing, request: Mapping[str, Any]) -> str:
    wanted = request.get("SortBy") or listing.sort_by
    return {"Name": listing.name, "Status": listing.status or listing.name}.get(wanted, wanted)


def _matches(listing: Listing, record: Record, request: Mapping[str, Any]) -> bool:
    if (part := request.get("NameContains")) and part.lower() not in record[listing.name].lower():
        return False
    if listing.status and request.get("StatusEquals") not in (None, record.get(listing.status)):
        return False
    for member, (key, later) in _TIMES.items():
        limit = request.get(member)
        if limit is None or (listing.from_limit and member == "CreationTimeAfter" and record[key] == limit):
            continue
        if record[key] <= limit if later else record[key] >= limit:
            return False
    return all(
        request.get(member) in (None, record.get(key)) for member, key in listing.equals.items()
    ) and all(
        str(record.get(key, "")).startswith(request.get(member) or "")
        for member, key in listing.prefixes.items()
    )


def _token(place: tuple[Any, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _parse_token(token: str) -> tuple[Any, str]:
    try:
        value, name = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError, binascii.Error) as error:
        raise ApiError("ValidationException", "Invalid pagination token: it is not one of ours") from error
    return value, name
