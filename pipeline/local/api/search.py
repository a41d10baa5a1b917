"""Search: over the records that the local SageMaker has of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pipeline.local.api.listing import Listing, page
from pipeline.local.api.service import Handler, Request, Service
from pipeline.local.api.versions import search_records
from pipeline.local.errors import ApiError
from pipeline.local.records import Record

RESOURCES = (
    "Endpoint",
    "ModelPackage",
    "ModelPackageGroup",
    "Pipeline",
    "PipelineExecution",
    "PipelineVersion",
    "TrainingJob",
)
"""What can be searched for; a record's ARN is its member `<resource>Arn`."""

Expression = Mapping[str, Any]


def search(service: Service, request: Request) -> Record:
    """Search: filters on members, also nested and of tags, and expressions of these."""
    kind = request["Resource"]
    if kind not in RESOURCES:
        raise ApiError(
            "ValidationException",
            f"The local SageMaker does not search for {kind}; it searches for {', '.join(RESOURCES)}.",
        )
    expression = request.get("SearchExpression") or {}
    arn = f"{kind}Arn"
    found = [
        tagged
        for record in _records(service, kind)
        if _holds(expression, tagged := {**record, "Tags": service.tags(record[arn])})
    ]
    listing = Listing("Results", arn, sort_by="LastModifiedTime")
    listed = page(listing, found, request)
    total = {"Value": len(found), "Relation": "EqualTo"}
    return {**listed, "Results": [{kind: record} for record in listed["Results"]], "TotalHits": total}


def _records(service: Service, kind: str) -> Iterable[Record]:
    return search_records(service.records) if kind == "PipelineVersion" else service.records.list(kind)


def _holds(expression: Expression, record: Record) -> bool:
    parts = [_passes(each, record) for each in expression.get("Filters") or ()]
    parts += [_nested_holds(each, record) for each in expression.get("NestedFilters") or ()]
    parts += [_holds(each, record) for each in expression.get("SubExpressions") or ()]
    return any(parts) if parts and expression.get("Operator") == "Or" else all(parts)


def _nested_holds(nested: Expression, record: Record) -> bool:
    """Whether one element of a list passes all the filters, whose names begin with that of the list."""
    place = nested["NestedPropertyName"]
    filters = [{**each, "Name": each["Name"].removeprefix(f"{place}.")} for each in nested["Filters"]]
    return any(
        all(_passes(each, element) for each in filters)
        for element in _values(place.split("."), record)
        if isinstance(element, Mapping)
    )


def _passes(condition: Expression, record: Mapping[str, Any]) -> bool:
    """Whether any of the values that a filter's name means fits it; what is not there fits only NotExists."""
    found = [value for value in _values(condition["Name"].split("."), record) if value is not None]
    operator, wanted = condition.get("Operator", "Equals"), condition.get("Value", "")
    if operator in ("Exists", "NotExists"):
        return bool(found) is (operator == "Exists")
    if operator == "NotEquals":
        return bool(found) and not any(_equal(each, wanted) for each in found)
    return any(_TESTS[operator](each, wanted) for each in found)


def _values(names: list[str], value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _values(names, each)
    elif not names:
        yield value
    elif isinstance(value, Mapping):
        # A tag or a metric is named by its first member: Tags.team, FinalMetricDataList.accuracy.
        for key, its in (("Key", "Value"), ("MetricName", "Value")):
            if value.get(key) == names[0]:
                yield value.get(its)
        yield from _values(names[1:], value.get(names[0]))


def _in_order(value: Any, wanted: str) -> int | None:
    """-1, 0 or 1 as a value is less than, equal to or greater than a text; None if they do not compare."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            other = float(wanted) if _is_number(wanted) else _seconds(wanted)
            return (value > other) - (value < other)
    except ValueError:
        return None
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return (text > wanted) - (text < wanted)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).lstrip("-").isdigit()


def _seconds(text: str) -> float:
    time = datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def _equal(value: Any, wanted: str) -> bool:
    return _in_order(value, wanted) == 0


_TESTS: Mapping[str, Callable[[Any, str], bool]] = {
    "Equals": _equal,
    "GreaterThan": lambda value, wanted: _in_order(value, wanted) == 1,
    "GreaterThanOrEqualTo": lambda value, wanted: _in_order(value, wanted) in (0, 1),
    "LessThan": lambda value, wanted: _in_order(value, wanted) == -1,
    "LessThanOrEqualTo": lambda value, wanted: _in_order(value, wanted) in (-1, 0),
    "Contains": lambda value, wanted: wanted in str(value),
    "In": lambda value, wanted: any(_equal(value, each.strip()) for each in wanted.split(",")),
}

HANDLERS: dict[str, Handler] = {"Search": search}
