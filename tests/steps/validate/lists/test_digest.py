import hashlib

import pytest

from steps.validate.lists.digest import Image, content_hash

ONE, TWO = b"\x01" * 32, b"\x02" * 32
IMAGES = [Image("train", "cat/1.jpg", ONE), Image("validation", "cat/1.jpg", TWO)]


def test_hash_can_be_made_again_by_hand() -> None:
    text = (
        "imgpipe data set 1\n"
        "class\tcat\n"
        "class\tdog\n"
        f"train\tcat/1.jpg\t{'01' * 32}\n"
        f"validation\tcat/1.jpg\t{'02' * 32}\n"
    )
    assert content_hash(["cat", "dog"], iter(IMAGES)) == hashlib.sha256(text.encode()).hexdigest()


def test_hash_never_changes() -> None:
    assert content_hash(["cat"], IMAGES) == "21e372bb4abba7505afd7c342a04477473eb7b79679e5e5917590252f3b9ae95"


@pytest.mark.parametrize(
    ("classes", "images"),
    [
        pytest.param(["cat", "dog"], IMAGES, id="one more class"),
        pytest.param(["cats"], IMAGES, id="another class"),
        pytest.param(["cat"], IMAGES[:1], id="one image less"),
        pytest.param(["cat"], [*IMAGES, Image("validation", "cat/2.jpg", TWO)], id="a copy more"),
        pytest.param(["cat"], [IMAGES[0], Image("validation", "cat/1.jpg", ONE)], id="another content"),
        pytest.param(["cat"], [Image("train", "cat/2.jpg", ONE), IMAGES[1]], id="another name"),
        pytest.param(
            ["cat"], [Image("train", "cat/1.jpg", ONE), Image("train", "cat/1.jpg", TWO)], id="split"
        ),
    ],
)
def test_hash_of_another_data_set_is_another_one(classes: list[str], images: list[Image]) -> None:
    assert content_hash(classes, images) != content_hash(["cat"], IMAGES)


def test_no_name_can_pass_for_two_images() -> None:
    forged = f"a\t{'01' * 32}\ntrain\tb"
    two = [Image("train", "a", ONE), Image("train", "b", ONE)]
    assert content_hash([], [Image("train", forged, ONE)]) != content_hash([], two)
    assert content_hash(["a\\tb"], []) != content_hash(["a\tb"], [])


def test_names_are_their_bytes() -> None:
    text = b"imgpipe data set 1\nclass\t\xff\xc3\xa9\ntrain\t\xff/\\t\\n\\\\\t" + b"01" * 32 + b"\n"
    found = content_hash(["\udcffé"], [Image("train", "\udcff/\t\n\\", ONE)])
    assert found == hashlib.sha256(text).hexdigest()
