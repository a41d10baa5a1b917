from __future__ import annotations

import pytest

from pipeline.preflight.prefixes import Seen, look, prefixes
from pipeline.s3_uri import split_uri
from pipeline.session import Session
from tests.pipeline.preflight.conftest import FACTS, STS, Load
from tests.pipeline.preflight.telling import told
from tests.pipeline.stubs import client_error, stub_session

TEXT = """\
version: 1
name: digits
data:
  train: s3://{bucket}/digits/train
  validation: s3://{bucket}/digits/validation
train: {{hyperparameters: {{mini_batch_size: 2}}}}
gate: {{accuracy: 0.9}}
"""


@pytest.fixture
def bucket(session: Session, request: pytest.FixtureRequest) -> str:
    """A bucket in moto that no other test uses, its validation images in place."""
    # A bucket's name has no brackets or underscores and at most 63 letters.
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name.lower())[:50].strip(
        "-"
    )
    session.client("s3").create_bucket(Bucket=name)
    put(session, name, "digits/validation/", "one/1.png", "one/2.png", "two/1.png")
    return name


def put(session: Session, bucket: str, folder: str, *keys: str) -> None:
    for key in keys:
        session.client("s3").put_object(Bucket=bucket, Key=folder + key, Body=b"x")


def train(session: Session, bucket: str, load: Load) -> list[str]:
    """What is told of the training images."""
    checks = prefixes(session, load(text=TEXT.format(bucket=bucket)))
    return told([check for check in checks if check.name == "training images"])


def test_images_in_class_folders(session: Session, bucket: str, load: Load) -> None:
    put(session, bucket, "digits/train/", "one/1.PNG", "one/2.jpeg", "two/a/3.jpg", "notes.txt", "loose.png")
    assert told(prefixes(session, load(text=TEXT.format(bucket=bucket)))) == [
        f"training images: passed: s3://{bucket}/digits/train: 3 images in 2 classes (one, two)",
        f"validation images: passed: s3://{bucket}/digits/validation: 3 images in 2 classes (one, two)",
    ]


def test_nothing_there(session: Session, bucket: str, load: Load) -> None:
    assert train(session, bucket, load) == [
        f"training images: failed: no objects under s3://{bucket}/digits/train",
        (
            f"c.yaml:4:10: error R201 no-data: no objects under s3://{bucket}/digits/train\n"
            "  hint: upload a folder by `imgpipe data push DIR`, or correct `data`"
        ),
    ]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("digits/trian", "digits/train"), ("digit/train", None), ("digits/Train", "digits/train")],
)
def test_a_misspelt_prefix(wrong: str, right: str | None, session: Session, bucket: str, load: Load) -> None:
    put(session, bucket, "digits/train/", "one/1.png", "two/2.png")
    text = TEXT.format(bucket=bucket).replace("digits/train", wrong)
    *_, finding = told(
        check for check in prefixes(session, load(text=text)) if check.name == "training images"
    )
    hint = f"did you mean s3://{bucket}/{right}?" if right else "upload a folder"
    assert finding.startswith(f"c.yaml:4:10: error R201 no-data: no objects under s3://{bucket}/{wrong}\n")
    assert f"  hint: {hint}" in finding


def test_a_folder_whose_name_begins_alike_is_another(session: Session, bucket: str, load: Load) -> None:
    put(session, bucket, "digits/train-old/", "one/1.png", "two/2.png")
    assert train(session, bucket, load)[1].endswith(f"did you mean s3://{bucket}/digits/train-old?")


def test_fewer_than_a_batch(session: Session, bucket: str, load: Load) -> None:
    put(session, bucket, "digits/train/", "one/1.png", "2.png", "two/3.gif")
    assert train(session, bucket, load) == [
        (
            f"training images: failed: 1 images in class folders under s3://{bucket}/digits/train, and "
            "mini_batch_size is 2"
        ),
        (
            "c.yaml:4:10: error R156 too-few-images: 1 images in class folders under "
            f"s3://{bucket}/digits/train, "
            "and mini_batch_size is 2\n"
            "  why:  the algorithm needs one batch of images at least, of training and of validation images\n"
            "  seen: 3 objects in all\n"
            "  hint: images lie in a folder for each class, as .jpg, .jpeg or .png: add some, or lower "
            "train.hyperparameters.mini_batch_size"
        ),
    ]


def test_one_class(session: Session, bucket: str, load: Load) -> None:
    put(session, bucket, "digits/train/", "one/1.png", "one/2.png")
    assert train(session, bucket, load) == [
        (
            f"training images: failed: only the class folder 'one' under s3://{bucket}/digits/train, and a "
            "classifier needs two classes"
        ),
        (
            "c.yaml:4:10: error R158 one-class: only the class folder 'one' under "
            f"s3://{bucket}/digits/train, and a "
            "classifier needs two classes\n"
            "  hint: put the images of each class into a folder of its own below the prefix"
        ),
    ]


def test_no_such_bucket(session: Session, load: Load) -> None:
    assert train(session, "preflight-no-such-bucket", load) == [
        "training images: failed: no objects under s3://preflight-no-such-bucket/digits/train",
        (
            "c.yaml:4:10: error R201 no-data: no objects under s3://preflight-no-such-bucket/digits/train\n"
            "  hint: upload a folder by `imgpipe data push DIR`, or correct `data`"
        ),
    ]


def test_not_to_be_listed(load: Load) -> None:
    denied = client_error("AccessDenied", "Access Denied", "ListObjectsV2")
    session = stub_session(local=False, sts=STS, s3={"list_objects_v2": denied})
    assert told(prefixes(session, load())) == [
        (
            "training images: unknown: could not be checked: the caller may not list "
            f"s3://{FACTS.bucket}/digits/train "
            "(s3:ListBucket)"
        ),
        (
            "validation images: unknown: could not be checked: the caller may not list "
            f"s3://{FACTS.bucket}/digits/validation (s3:ListBucket)"
        ),
    ]


def test_more_than_a_page(load: Load) -> None:
    def listing(Delimiter: str = "", MaxKeys: int = 1000, **_: str) -> dict[str, object]:
        if Delimiter:
            return {"CommonPrefixes": [{"Prefix": f"digits/train/{name}/"} for name in "abcdefg"]}
        return {"Contents": [{"Key": "digits/train/a/1.png"}] * MaxKeys, "IsTruncated": True}

    session = stub_session(local=False, s3={"list_objects_v2": listing})
    assert look(session, "s3://b/digits/train").objects == 300
    seen = look(session, "s3://b/digits/train", 1000)
    assert seen == Seen(1000, 1000, tuple("abcdefg"), whole=False)
    assert str(seen) == "1,000 or more images in 7 classes (a, b, c, d, e, … and 2 more)"


def test_a_whole_bucket_has_no_prefix_beside_it() -> None:
    assert split_uri("s3://b/") == ("b", "")
