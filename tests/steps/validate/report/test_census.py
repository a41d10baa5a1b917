import hashlib
from pathlib import Path

from steps.validate.ledger.ledger import Ledger
from steps.validate.lists.digest import Image, content_hash
from steps.validate.report.census import Census, ClassSize, SplitCount, take_census
from steps.validate.report.sizes import Sizes
from steps.validate.report.statistics import Colours
from tests.steps.validate.datasets import BROKEN, URIS, Dataset, dataset, jpeg

ONE, TWO = jpeg(40, 30), jpeg(80, 60)


def small(folder: Path) -> Dataset:
    files = {
        "train/cat/1.jpg": ONE,
        "train/cat/2.jpg": TWO,
        "train/cat/broken.jpg": BROKEN,
        "train/dog/1.jpg": ONE,
        "validation/cat/1.jpg": TWO,
    }
    (folder / "data" / "train" / "empty").mkdir(parents=True)
    return dataset(folder, files)


def test_census(tmp_path: Path) -> None:
    data = small(tmp_path)
    quantiles = ("min", "p5", "p25", "median", "p75", "p95", "max")
    digests = {image: hashlib.sha256(image).digest() for image in (ONE, TWO)}
    assert take_census(data.ledger) == Census(
        content_hash=content_hash(
            ["cat", "dog", "empty"],
            [
                Image("train", "cat/1.jpg", digests[ONE]),
                Image("train", "cat/2.jpg", digests[TWO]),
                Image("train", "dog/1.jpg", digests[ONE]),
                Image("validation", "cat/1.jpg", digests[TWO]),
            ],
        ),
        splits={
            "train": SplitCount("s3://b/train", 4, 3, 2 * len(ONE) + len(TWO)),
            "validation": SplitCount("s3://b/validation", 1, 1, len(TWO)),
        },
        classes=(ClassSize("cat", 2, 1), ClassSize("dog", 1, 0), ClassSize("empty", 0, 0)),
        formats={"JPEG": 4},
        sizes=Sizes(
            dict(zip(quantiles, (40, 40, 40, 40, 80, 80, 80), strict=True)),
            dict(zip(quantiles, (30, 30, 30, 30, 60, 60, 60), strict=True)),
            {(21, 19): 2, (25, 23): 2},
        ),
        colours=Colours(3, (0.5, 0.25, 0.0), (0.5, 0.25, 0.0)),
    )
    data.ledger.close()


def test_order_of_inspection_does_not_matter(tmp_path: Path) -> None:
    data = small(tmp_path)
    with Ledger(tmp_path / "other", URIS) as other:
        other.merge(sorted(data.ledger.rows(), key=str, reverse=True))
        other.change("UPDATE files SET left_out = flaw WHERE flaw IS NOT NULL")
        assert take_census(other) == take_census(data.ledger)
    data.ledger.close()


def test_nothing(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger", URIS) as ledger:
        census = take_census(ledger)
    assert census == Census(
        content_hash=content_hash([], []),
        splits={name: SplitCount(uri, 0, 0, 0) for name, uri in URIS.items()},
        classes=(),
        formats={},
        sizes=None,
        colours=None,
    )
