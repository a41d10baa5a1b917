import logging
from pathlib import Path

import numpy as np
import pytest

from steps.container import ProgramError
from steps.model.preprocessing import ImageError, Pixels
from steps.train import images


def decode(data: bytes) -> Pixels:
    """Files here hold the one value that all of their 100 bytes of pixels have."""
    if data == b"bad":
        raise ImageError("damaged: cut")
    return np.full((5, 4, 5), int(data), np.uint8)


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    """600 files: more than are decoded at once."""
    (tmp_path / "cat").mkdir()
    found = [tmp_path / "cat" / f"{number}.jpg" for number in range(600)]
    for number, path in enumerate(found):
        path.write_text(str(number % 251))
    return found


def test_all_images_are_kept_in_order_where_they_fit(paths: list[Path]) -> None:
    decoded = images.decode_all(paths, decode, "train", memory=60_000)

    assert [int(decoded[index].mean()) for index in range(len(decoded))] == [n % 251 for n in range(600)]
    assert decoded.kept_bytes == 60_000


def test_images_beyond_the_memory_are_decoded_again(
    paths: list[Path], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    decoded = images.decode_all(paths, decode, "train", memory=59_950)

    assert decoded.kept[599] is None
    assert decoded.kept_bytes == 59_900
    paths[599].write_text("7")
    assert int(decoded[599].mean()) == 7
    assert "1 images do not fit and are decoded in every epoch" in caplog.text


def test_the_log_says_how_fast_it_went(paths: list[Path], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    images.decode_all(paths, decode, "validation", memory=60_000)

    (line,) = caplog.messages
    assert line.startswith("Decoded 600 validation images in ")
    assert line.endswith("threads); 0 MiB kept in memory")


def test_a_long_decoding_says_how_far_it_is(
    paths: list[Path], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(images, "_REPORT_EVERY", 0.0)

    images.decode_all(paths, decode, "train", memory=60_000)

    assert caplog.messages[:3] == [
        "Decoding the train images: 256 of 600",
        "Decoding the train images: 512 of 600",
        "Decoding the train images: 600 of 600",
    ]


@pytest.mark.parametrize(
    ("bad", "lines"),
    [
        ([3], ["1 of 600 images in the train channel cannot be used", "cat/3.jpg: damaged: cut"]),
        (
            range(100, 107),
            [
                "7 of 600 images in the train channel cannot be used",
                *(f"cat/{number}.jpg: damaged: cut" for number in range(100, 105)),
                "… and 2 more",
            ],
        ),
    ],
    ids=["one", "many"],
)
def test_bad_images_are_told_all_at_once(paths: list[Path], bad: list[int], lines: list[str]) -> None:
    for number in bad:
        paths[number].write_text("bad")

    with pytest.raises(ProgramError) as caught:
        images.decode_all(paths, decode, "train", memory=60_000)

    assert str(caught.value) == "Customer Error: " + "\n  ".join(lines)


def test_a_file_that_cannot_be_read_is_a_bad_image(paths: list[Path]) -> None:
    paths[0].unlink()
    paths[0].mkdir()

    with pytest.raises(ProgramError, match=r"cat/0\.jpg: cannot be read: Is a directory$"):
        images.decode_all(paths, decode, "train", memory=60_000)


def test_there_is_at_least_one_thread() -> None:
    assert images.threads() >= 1
