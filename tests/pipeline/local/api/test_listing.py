from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.local.api.listing import Listing, page
from pipeline.local.errors import ApiError

LISTING = Listing(
    "Jobs",
    "JobName",
    "JobStatus",
    equals={"Group": "GroupName"},
    prefixes={"NamePrefix": "JobName"},
    never={"ManagedBy": ("AWS",), "Pool": ()},
    page=2,
)
RECORDS: list[dict[str, Any]] = [
    {
        "JobName": "cat-1",
        "JobStatus": "Completed",
        "CreationTime": 10.0,
        "LastModifiedTime": 30.0,
        "GroupName": "a",
    },
    {
        "JobName": "dog",
        "JobStatus": "Failed",
        "CreationTime": 20.0,
        "LastModifiedTime": 20.0,
        "GroupName": "b",
        "Epochs": 3,
    },
    {
        "JobName": "cat-2",
        "JobStatus": "InProgress",
        "CreationTime": 30.0,
        "LastModifiedTime": 40.0,
        "GroupName": "a",
    },
]


def names(request: dict[str, Any]) -> list[str]:
    return [record["JobName"] for record in page(LISTING, RECORDS, request)["Jobs"]]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        pytest.param({}, ["cat-2", "dog"], id="newest first, one page"),
        pytest.param({"MaxResults": 3}, ["cat-2", "dog", "cat-1"], id="page"),
        pytest.param({"SortOrder": "Ascending"}, ["cat-1", "dog"], id="oldest first"),
        pytest.param({"SortBy": "Name", "SortOrder": "Ascending"}, ["cat-1", "cat-2"], id="by name"),
        pytest.param({"SortBy": "Status", "SortOrder": "Ascending"}, ["cat-1", "dog"], id="by status"),
        pytest.param({"SortBy": "LastModifiedTime"}, ["cat-2", "cat-1"], id="by change"),
        pytest.param({"NameContains": "cat"}, ["cat-2", "cat-1"], id="name"),
        pytest.param({"StatusEquals": "Failed"}, ["dog"], id="status"),
        pytest.param({"CreationTimeAfter": 10.0}, ["cat-2", "dog"], id="after"),
        pytest.param({"CreationTimeBefore": 20.0}, ["cat-1"], id="before"),
        pytest.param(
            {"LastModifiedTimeAfter": 20.0, "LastModifiedTimeBefore": 40.0}, ["cat-1"], id="changed"
        ),
        pytest.param({"CreatedAfter": 10.0, "CreatedBefore": 30.0}, ["dog"], id="created"),
        pytest.param({"Group": "a"}, ["cat-2", "cat-1"], id="equal"),
        pytest.param({"NamePrefix": "do"}, ["dog"], id="prefix"),
        pytest.param({"NameContains": "bird"}, [], id="none"),
        pytest.param({"ManagedBy": "AWS"}, [], id="what no record is"),
        pytest.param({"ManagedBy": "CUSTOMER"}, ["cat-2", "dog"], id="what every record is"),
        pytest.param({"Pool": "Available"}, [], id="what there is not"),
        pytest.param(
            {"SortBy": "Epochs", "SortOrder": "Ascending", "MaxResults": 3},
            ["dog", "cat-1", "cat-2"],
            id="a member that some lack",
        ),
    ],
)
def test_page(request_: dict[str, Any], expected: list[str]) -> None:
    assert names(request_) == expected


def test_a_token_that_is_not_ours() -> None:
    with pytest.raises(ApiError, match="Invalid pagination token: it is not one of ours"):
        page(LISTING, RECORDS, {"NextToken": "next"})


@pytest.mark.parametrize("other", [{"SortBy": "Name"}, {"SortOrder": "Ascending"}])
def test_a_token_of_another_order(other: dict[str, Any]) -> None:
    token = page(LISTING, RECORDS, {})["NextToken"]
    with pytest.raises(ApiError, match="Invalid pagination token: it is of a list in another order"):
        page(LISTING, RECORDS, {"NextToken": token, **other})


def test_a_record_added_meanwhile_repeats_nothing() -> None:
    first = page(LISTING, RECORDS, {})
    added = {"JobName": "new", "JobStatus": "Completed", "CreationTime": 99.0, "LastModifiedTime": 99.0}
    rest = page(LISTING, [*RECORDS, added], {"NextToken": first["NextToken"]})
    assert [record["JobName"] for record in rest["Jobs"]] == ["cat-1"]
    assert "NextToken" not in rest


@given(
    st.lists(st.integers(0, 3), max_size=12), st.integers(1, 5), st.sampled_from(["Ascending", "Descending"])
)
def test_pages_make_the_whole(times: list[int], size: int, order: str) -> None:
    records = [
        {"JobName": f"j{n}", "JobStatus": "x", "CreationTime": float(time)} for n, time in enumerate(times)
    ]
    found: list[str] = []
    request: dict[str, Any] = {"MaxResults": size, "SortOrder": order}
    while True:
        answer = page(LISTING, records, request)
        found += [record["JobName"] for record in answer["Jobs"]]
        if "NextToken" not in answer:
            break
        assert len(answer["Jobs"]) == size
        request["NextToken"] = answer["NextToken"]
    expected = sorted(records, key=lambda record: (record["CreationTime"], record["JobName"]))
    wanted = [record["JobName"] for record in expected]
    assert found == (wanted if order == "Ascending" else wanted[::-1])
