"""Are the buckets there, in the region, and open to the caller?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from pipeline.aws_errors import code_of, is_missing
from pipeline.config.loader import Loaded
from pipeline.errors import Finding
from pipeline.preflight.check import Check, failed, passed, unknown
from pipeline.s3_uri import split_uri
from pipeline.session import Session

NAME = "bucket"


def bucket(session: Session, loaded: Loaded) -> Iterator[Check]:
    """Looks at the bucket of code and results, then at those of the images, by HeadBucket."""
    uris = loaded.config.data.prefixes.values()
    names = [loaded.facts.bucket, *(split_uri(uri)[0] for uri in uris)]
    for name in dict.fromkeys(names):
        yield _bucket(session, loaded, name)


def _bucket(session: Session, loaded: Loaded, name: str) -> Check:
    own = name == loaded.facts.bucket
    # Images may lie in a bucket of another account; code and results never should.
    owner = {"ExpectedBucketOwner": session.facts.account} if own else {}
    try:
        response = session.client("s3").head_bucket(Bucket=name, **owner)
    except ClientError as error:
        return _refused(session, loaded, name, error)
    place = _region_of(response)
    if session.is_local:
        return passed(NAME, f"s3://{name}")
    if place is None:
        return unknown(NAME, f"s3://{name} is there, but S3 did not say in which region")
    if place != loaded.facts.region:
        return failed(NAME, _elsewhere(loaded, name, place))
    return passed(NAME, f"s3://{name} in {place}")


def _region_of(response: dict[str, Any]) -> str | None:
    headers = response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region = response.get("BucketRegion") or headers.get("x-amz-bucket-region")
    return str(region) if region else None


def _refused(session: Session, loaded: Loaded, name: str, error: ClientError) -> Check:
    if is_missing(error):
        if name == session.facts.bucket:
            return passed(NAME, f"s3://{name} is not there yet; `imgpipe upsert` makes it")
        return failed(NAME, _absent(loaded, name))
    if code_of(error) not in ("403", "AccessDenied"):
        raise error
    if name == loaded.facts.bucket:
        return failed(NAME, _foreign(session, loaded, name))
    return unknown(NAME, f"the caller may not look at s3://{name} (s3:ListBucket)")


def _key(loaded: Loaded, name: str) -> str:
    return "bucket" if name == loaded.facts.bucket else "data"


def _absent(loaded: Loaded, name: str) -> Finding:
    key = _key(loaded, name)
    hint = "make it, or correct `data`"
    if key == "bucket":
        hint = "make it, or leave out `bucket` to use SageMaker's default one"
    return Finding("R202", "no-bucket", f"bucket '{name}' does not exist", place=loaded.place(key), hint=hint)


def _foreign(session: Session, loaded: Loaded, name: str) -> Finding:
    account = session.facts.account
    return Finding(
        "R203",
        "foreign-bucket",
        f"bucket '{name}' refused the request",
        place=loaded.place("bucket"),
        details=(("reason", f"account {account} may not use it, or it belongs to another account"),),
        hint="write the name of a bucket of your own as `bucket`, or get s3:ListBucket on this one",
    )


def _elsewhere(loaded: Loaded, name: str, place: str) -> Finding:
    key = _key(loaded, name)
    return Finding(
        "R155",
        "bucket-elsewhere",
        f"bucket '{name}' is in {place}, and the pipeline in {loaded.facts.region}",
        place=loaded.place(key),
        details=(("why", "the jobs of SageMaker read and write only in buckets of their own region"),),
        hint=f"use a bucket in {loaded.facts.region}, or run the pipeline in {place} (`region: {place}`)",
    )
