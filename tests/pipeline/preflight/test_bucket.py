from __future__ import annotations

from typing import Any

import pytest

from pipeline.preflight.bucket import bucket
from pipeline.session import Session
from tests.pipeline.preflight.conftest import FACTS, STS, Load
from tests.pipeline.preflight.telling import told
from tests.pipeline.stubs import StubClient, client_error, stub_session

OWN = FACTS.bucket
OTHER = 'bucket: pictures\ndata: {train: "s3://pictures/a", validation: "s3://pictures/b"}\n'
LEAST = "version: 1\nname: digits\ngate: {accuracy: 0.9}\n"


def answering(answer: Any, *, local: bool = False) -> Session:
    return stub_session(local=local, sts=STS, s3={"head_bucket": answer})


def there(region: str) -> dict[str, Any]:
    return {"BucketRegion": region, "ResponseMetadata": {"HTTPHeaders": {}}}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(there("us-east-1"), f"passed: s3://{OWN} in us-east-1", id="there"),
        pytest.param(
            {"ResponseMetadata": {"HTTPHeaders": {"x-amz-bucket-region": "us-east-1"}}},
            f"passed: s3://{OWN} in us-east-1",
            id="its region in a header",
        ),
        pytest.param(
            client_error("404", "Not Found"),
            f"passed: s3://{OWN} is not there yet; `imgpipe upsert` makes it",
            id="the default one is made",
        ),
        pytest.param(
            {"ResponseMetadata": {}},
            f"unknown: could not be checked: s3://{OWN} is there, but S3 did not say in which region",
            id="region unknown",
        ),
    ],
)
def test_nothing_to_mend(answer: Any, said: str, load: Load) -> None:
    assert told(bucket(answering(answer), load())) == [f"bucket: {said}"]


def test_it_is_in_another_region(load: Load) -> None:
    assert told(bucket(answering(there("eu-west-1")), load(OTHER, text=LEAST))) == [
        "bucket: failed: bucket 'pictures' is in eu-west-1, and the pipeline in us-east-1",
        (
            "c.yaml:4:9: error R155 bucket-elsewhere: bucket 'pictures' is in eu-west-1, and the pipeline in "
            "us-east-1\n"
            "  why:  the jobs of SageMaker read and write only in buckets of their own region\n"
            "  hint: use a bucket in us-east-1, or run the pipeline in eu-west-1 (`region: eu-west-1`)"
        ),
    ]


def test_another_bucket_must_be_there(load: Load) -> None:
    assert told(bucket(answering(client_error("404", "Not Found")), load(OTHER, text=LEAST))) == [
        "bucket: failed: bucket 'pictures' does not exist",
        (
            "c.yaml:4:9: error R202 no-bucket: bucket 'pictures' does not exist\n"
            "  hint: make it, or leave out `bucket` to use SageMaker's default one"
        ),
    ]


def test_it_is_somebody_elses(load: Load) -> None:
    assert told(bucket(answering(client_error("403", "Forbidden")), load(OTHER, text=LEAST))) == [
        "bucket: failed: bucket 'pictures' refused the request",
        (
            "c.yaml:4:9: error R203 foreign-bucket: bucket 'pictures' refused the request\n"
            "  reason: account 111122223333 may not use it, or it belongs to another account\n"
            "  hint:   write the name of a bucket of your own as `bucket`, or get s3:ListBucket on this one"
        ),
    ]


class TestBucketsOfImages:
    IMAGES = 'data: {train: "s3://images/a", validation: "s3://images/b"}\n'

    def seen(self, answer: Any, load: Load) -> list[str]:
        def head(Bucket: str, **_: str) -> Any:
            return there("us-east-1") if Bucket == OWN else answer

        return told(bucket(answering(head), load(self.IMAGES, text=LEAST)))[1:]

    def test_elsewhere(self, load: Load) -> None:
        assert self.seen(there("eu-west-1"), load)[1].startswith(
            "c.yaml:4:7: error R155 bucket-elsewhere: bucket 'images' is in eu-west-1"
        )

    def test_absent(self, load: Load) -> None:
        assert self.seen(client_error("NoSuchBucket", "gone"), load) == [
            "bucket: failed: bucket 'images' does not exist",
            (
                "c.yaml:4:7: error R202 no-bucket: bucket 'images' does not exist\n"
                "  hint: make it, or correct `data`"
            ),
        ]

    def test_not_to_be_looked_at(self, load: Load) -> None:
        assert self.seen(client_error("403", "Forbidden"), load) == [
            "bucket: unknown: could not be checked: the caller may not look at s3://images (s3:ListBucket)"
        ]

    def test_only_the_bucket_of_results_must_be_of_the_account(self, load: Load) -> None:
        session = answering(there("us-east-1"))
        list(bucket(session, load(self.IMAGES, text=LEAST)))
        client: StubClient = session.client("s3")
        assert [request for _, request in client.calls] == [
            {"Bucket": OWN, "ExpectedBucketOwner": "111122223333"},
            {"Bucket": "images"},
        ]


def test_the_local_sagemaker_plays_every_region(load: Load) -> None:
    assert told(bucket(answering(there("eu-west-1"), local=True), load())) == [f"bucket: passed: s3://{OWN}"]
