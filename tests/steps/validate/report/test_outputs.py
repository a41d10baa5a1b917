import json
from pathlib import Path

import pytest

from steps.container import ProgramError
from steps.validate.findings import Culprit
from steps.validate.report.outputs import write_outputs
from tests.steps.validate.datasets import BROKEN, SETTINGS, Dataset, dataset, finding, jpeg

DARK = finding("dark-image", Culprit("train", "cat/2.jpg", "brightness 0.01"), severity="warning")
LEAK = finding("leak", Culprit("train", "cat/2.jpg", "same as validation/cat/1.jpg", "validation/cat/1.jpg"))


def files_of(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    files = {
        "train/cat/1.jpg": jpeg(40),
        "train/cat/2.jpg": jpeg(41),
        "train/cat/broken.jpg": BROKEN,
        "train/dog/é 1.jpg": jpeg(42),
        "validation/cat/1.jpg": jpeg(41),
        "validation/dog/1.jpg": jpeg(43),
    }
    return dataset(tmp_path, files)


def test_good_images(data: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "output"
    census = write_outputs(data.ledger, [DARK], SETTINGS, out, data.sources)
    data.ledger.close()
    lists = f"datasets/{census.content_hash}"
    assert files_of(out) == [
        f"{lists}/train_lst/train.lst",
        f"{lists}/validation_lst/validation.lst",
        f"{lists}/validation_manifest/validation.manifest",
        "report/classes.json",
        "report/report.html",
        "report/report.json",
    ]
    assert (out / lists / "train_lst" / "train.lst").read_text("utf-8") == (
        "0\t0\tcat/1.jpg\n1\t0\tcat/2.jpg\n2\t1\tdog/é 1.jpg\n"
    )
    assert (out / lists / "validation_lst" / "validation.lst").read_text() == (
        "0\t0\tcat/1.jpg\n1\t1\tdog/1.jpg\n"
    )
    manifest = json.loads((out / lists / "validation_manifest" / "validation.manifest").read_bytes())
    assert manifest == [{"prefix": "s3://b/validation/"}, "cat/1.jpg", "dog/1.jpg"]
    assert json.loads((out / "report" / "classes.json").read_bytes()) == ["cat", "dog"]
    report = json.loads((out / "report" / "report.json").read_bytes())
    assert report["content_hash"] == census.content_hash
    assert (report["passed"], report["num_training_samples"], report["num_classes"]) == (True, 3, 2)
    assert (out / "report" / "report.html").read_text("utf-8").count("data:image/jpeg") == 1


def test_bad_images_have_a_report_and_no_lists(data: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "output"
    write_outputs(data.ledger, [LEAK], SETTINGS, out, data.sources)
    data.ledger.close()
    assert files_of(out) == ["report/classes.json", "report/report.html", "report/report.json"]
    assert json.loads((out / "report" / "report.json").read_bytes())["passed"] is False
    assert (out / "report" / "report.html").read_text("utf-8").count("data:image/jpeg") == 2


def test_same_again(data: Dataset, tmp_path: Path) -> None:
    for out in ("1", "2"):
        write_outputs(data.ledger, [DARK], SETTINGS, tmp_path / out, data.sources)
    data.ledger.close()
    names = files_of(tmp_path / "1")
    assert names == files_of(tmp_path / "2")
    assert all((tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes() for name in names)


def test_report_is_last(data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    replace = Path.replace

    def spy(self: Path, target: Path) -> Path:
        written.append(target.name)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", spy)
    write_outputs(data.ledger, [], SETTINGS, tmp_path / "output", data.sources)
    data.ledger.close()
    assert written == [
        "train.lst", "validation.lst", "validation.manifest", "report.html", "classes.json", "report.json",
    ]  # fmt: skip


def test_hostile_names(tmp_path: Path) -> None:
    names = ['<script>alert(1)<b">', "class\udcff", "été"]
    data = dataset(
        tmp_path,
        {f"{split}/{name}/1\udcfe.jpg": jpeg() for split in ("train", "validation") for name in names},
    )
    out = tmp_path / "output"
    dark = finding("dark-image", *(Culprit("train", f"{name}/1\udcfe.jpg", "dark") for name in names))
    write_outputs(data.ledger, [dark], SETTINGS, out, data.sources)
    census = write_outputs(data.ledger, [], SETTINGS, out, data.sources)
    data.ledger.close()
    lst = (out / "datasets" / census.content_hash / "train_lst" / "train.lst").read_bytes()
    assert lst == (
        b'0\t0\t<script>alert(1)<b">/1\xfe.jpg\n1\t1\tclass\xff/1\xfe.jpg\n2\t2\t\xc3\xa9t\xc3\xa9/1\xfe.jpg\n'
    )
    assert len(json.loads((out / "report" / "classes.json").read_bytes())) == 3


def test_a_name_that_breaks_a_list(tmp_path: Path) -> None:
    files = {"train/cat/a\nb.jpg": jpeg(), "validation/cat/1.jpg": jpeg()}
    data = dataset(tmp_path, files)
    with pytest.raises(ProgramError, match=r"^'cat/a\\nb\.jpg' cannot be listed"):
        write_outputs(data.ledger, [], SETTINGS, tmp_path / "output", data.sources)
    data.ledger.close()
    assert files_of(tmp_path / "output") == []


def test_nothing_there(tmp_path: Path) -> None:
    data = dataset(tmp_path, {})
    none = finding("no-images", Culprit("train", "", "no images under s3://b/train"))
    write_outputs(data.ledger, [none], SETTINGS, tmp_path / "output", data.sources)
    data.ledger.close()
    report = json.loads((tmp_path / "output" / "report" / "report.json").read_bytes())
    assert (report["num_classes"], report["sizes"], report["channels"]) == (0, None, None)
