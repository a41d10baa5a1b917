import pytest

from pipeline.bucket import as_folder, ensure_bucket, has_bucket, require_objects
from pipeline.errors import RunError
from pipeline.session import Session
from tests.pipeline.stubs import client_error, stub_session


@pytest.mark.parametrize(
    ("prefix", "folder"), [("train", "train/"), ("a/train//", "a/train/"), ("", ""), ("/", "")]
)
def test_as_folder(prefix: str, folder: str) -> None:
    assert as_folder(prefix) == folder


def test_the_default_bucket_is_made_once(session: Session) -> None:
    ensure_bucket(session, session.facts.bucket)
    assert not ensure_bucket(session, session.facts.bucket)
    assert has_bucket(session, session.facts.bucket)
    names = [bucket["Name"] for bucket in session.client("s3").list_buckets()["Buckets"]]
    assert session.facts.bucket in names


def test_two_that_make_it_at_once_make_one() -> None:
    taken = client_error("BucketAlreadyOwnedByYou", "Your previous request succeeded", "CreateBucket")
    identity = {"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/u"}
    session = stub_session(
        sts={"get_caller_identity": identity},
        s3={"head_bucket": client_error("404", "Not Found"), "create_bucket": taken},
    )
    assert not has_bucket(session, session.facts.bucket)
    assert not ensure_bucket(session, session.facts.bucket)


def test_another_bucket_must_exist(session: Session) -> None:
    with pytest.raises(RunError) as caught:
        ensure_bucket(session, "somebody-elses")
    assert str(caught.value) == (
        "error R202 no-bucket: bucket 'somebody-elses' does not exist\n"
        "  hint: make it, or leave out `bucket` to use SageMaker's default one"
    )


def test_every_empty_prefix_is_named_at_once(session: Session) -> None:
    s3 = session.client("s3")
    s3.create_bucket(Bucket="require-objects")
    s3.put_object(Bucket="require-objects", Key="train/cat/1.jpg", Body=b"x")
    require_objects(session, {"TrainData": "s3://require-objects/train"})
    with pytest.raises(RunError) as caught:
        require_objects(
            session,
            {
                "TrainData": "s3://require-objects/trian",
                "ValidationData": "s3://no-such-bucket-here/validation",
            },
        )
    assert str(caught.value) == (
        "error R201 no-data: no objects under s3://require-objects/trian\n"
        "  read by: TrainData\n"
        "  hint:    upload a folder by `imgpipe data push DIR`, or correct data: in the YAML\n\n"
        "error R201 no-data: no objects under s3://no-such-bucket-here/validation\n"
        "  read by: ValidationData\n"
        "  hint:    upload a folder by `imgpipe data push DIR`, or correct data: in the YAML"
    )


def test_a_folder_whose_name_only_begins_alike_is_not_the_data(session: Session) -> None:
    s3 = session.client("s3")
    s3.create_bucket(Bucket="require-sibling")
    s3.put_object(Bucket="require-sibling", Key="train-old/cat/1.jpg", Body=b"x")
    with pytest.raises(RunError, match="R201 no-data: no objects under s3://require-sibling/train\n"):
        require_objects(session, {"TrainData": "s3://require-sibling/train"})
    require_objects(session, {"TrainData": "s3://require-sibling"})
