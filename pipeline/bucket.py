"""The bucket that holds code, data and results."""

from __future__ import annotations

from botocore.exceptions import ClientError

from pipeline.aws_errors import code_of, is_missing
from pipeline.errors import Finding, RunError
from pipeline.s3_uri import split_uri
from pipeline.session import Session


def as_folder(prefix: str) -> str:
    """A prefix as that of a folder: with one slash at its end, so that train is not also train-old.

    The prefix of the whole bucket is empty and stays so.
    """
    folder = prefix.rstrip("/")
    return f"{folder}/" if folder else ""


def has_bucket(session: Session, bucket: str) -> bool:
    """Whether the bucket exists. SageMaker's default one may be missing, since `ensure_bucket` makes it.

    Raises:
        RunError: The bucket does not exist and is not the default one, or belongs to someone else.
    """
    try:
        session.client("s3").head_bucket(Bucket=bucket, ExpectedBucketOwner=session.facts.account)
    except ClientError as error:
        if not is_missing(error):
            raise _foreign(bucket, session.facts.account) if code_of(error) == "403" else error from error
        if bucket != session.facts.bucket:
            raise _absent(bucket) from error
        return False
    return True


def ensure_bucket(session: Session, bucket: str) -> bool:
    """Makes SageMaker's default bucket if it is missing, as the SageMaker SDK does; any other must exist.

    Returns:
        Whether it was made.

    Raises:
        RunError: The bucket does not exist and is not the default one, or belongs to someone else.
    """
    if has_bucket(session, bucket):
        return False
    region = session.facts.region
    # us-east-1 is the one region that CreateBucket refuses to be told.
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        session.client("s3").create_bucket(Bucket=bucket, **place)
    except ClientError as error:
        # Another upsert was faster.
        if code_of(error) != "BucketAlreadyOwnedByYou":
            raise
        return False
    return True


def require_objects(session: Session, prefixes: dict[str, str]) -> None:
    """Checks that something lies in the folder of each prefix, so that a typing error costs no job.

    Args:
        session: Where to look.
        prefixes: S3 URI by the name that the user knows it by, such as TrainData.

    Raises:
        RunError: With one finding for each empty prefix.
    """
    empty = [_no_data(name, uri) for name, uri in prefixes.items() if not _has_objects(session, uri)]
    if empty:
        raise RunError(*empty)


def _has_objects(session: Session, uri: str) -> bool:
    bucket, prefix = split_uri(uri)
    try:
        page = session.client("s3").list_objects_v2(Bucket=bucket, Prefix=as_folder(prefix), MaxKeys=1)
    except ClientError as error:
        if code_of(error) == "NoSuchBucket":
            return False
        raise
    return bool(page["KeyCount"])


def _no_data(name: str, uri: str) -> Finding:
    return Finding(
        "R201",
        "no-data",
        f"no objects under {uri}",
        details=(("read by", name),),
        hint="upload a folder by `imgpipe data push DIR`, or correct data: in the YAML",
    )


def _absent(bucket: str) -> RunError:
    hint = "make it, or leave out `bucket` to use SageMaker's default one"
    return RunError(Finding("R202", "no-bucket", f"bucket '{bucket}' does not exist", hint=hint))


def _foreign(bucket: str, account: str) -> RunError:
    reason = f"account {account} may not use it, or it belongs to another account"
    return RunError(
        Finding(
            "R203", "foreign-bucket", f"bucket '{bucket}' refused the request", details=(("reason", reason),)
        )
    )
