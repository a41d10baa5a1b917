"""Lists of records: filters, order and pages, the same for every List operation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.local.api.order import Order
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
        never: Further request member → values that no record here fits; if there are none, any value.
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
    never: Mapping[str, Collection[str]] = field(default_factory=dict)
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
        ApiError: ValidationException: the NextToken is not one of ours, or of a list in another order.
    """
    wanted = request.get("SortOrder")
    descending = wanted == "Descending" if wanted else listing.descending
    order = Order(_sort_member(listing, request), listing.name, descending)
    found = [] if _is_for_nothing(listing, request) else records
    kept = order.sorted(record for record in found if _matches(listing, record, request))
    if token := request.get("NextToken"):
        kept = order.after(token, kept)
    size = request.get("MaxResults") or listing.page
    response: Record = {listing.result: kept[:size]}
    if len(kept) > size:
        response["NextToken"] = order.token(kept[size - 1])
    return response


def _is_for_nothing(listing: Listing, request: Mapping[str, Any]) -> bool:
    return any(
        request.get(member) and (not values or request[member] in values)
        for member, values in listing.never.items()
    )


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
