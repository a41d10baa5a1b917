import json
import os
import shutil
import subprocess
import sys
import zipapp
from collections.abc import Mapping
from pathlib import Path

import pytest

import steps
from steps.container import ProgramError
from steps.validate.program import main, validate

from .conftest import Layout, Picture

ARGUMENTS = [
    "--image-shape=3,224,224",
    "--resize=256",
    "--mini-batch-size=2",
    "--min-images-per-class=2",
    "--on-corrupt",
]
PREFIXES = "under s3://b/train and s3://b/validation"


def check(base: Path, on_corrupt: str = "fail") -> None:
    validate(base, [*ARGUMENTS, on_corrupt], jobs=1, clock=lambda: 0.0)


def failure(base: Path, on_corrupt: str = "fail") -> str:
    with pytest.raises(ProgramError) as caught:
        check(base, on_corrupt)
    return str(caught.value)


def outputs(base: Path) -> dict[str, bytes]:
    root = base / "processing" / "output"
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def good(picture: Picture) -> dict[str, bytes]:
    """Two classes, two images of each in both splits."""
    splits = ("train", "validation")
    return {
        f"{split}/{name}/{i}.jpg": picture() for split in splits for name in ("cat", "dog") for i in (1, 2)
    }


class TestPassing:
    def test_all_outputs(self, container: Layout, good: dict[str, bytes]) -> None:
        base = container(good)
        check(base)
        files = outputs(base)
        assert set(files) == {
            "report/report.json",
            "report/classes.json",
            "report/problems.jsonl",
            "train_lst/train.lst",
            "validation_lst/validation.lst",
            "validation_manifest/validation.manifest",
        }
        assert json.loads(files["report/classes.json"]) == ["cat", "dog"]
        lst = b"0\t0\tcat/1.jpg\n1\t0\tcat/2.jpg\n2\t1\tdog/1.jpg\n3\t1\tdog/2.jpg\n"
        assert files["train_lst/train.lst"] == lst
        assert files["validation_lst/validation.lst"] == lst
        assert json.loads(files["validation_manifest/validation.manifest"]) == [
            {"prefix": "s3://b/validation/"},
            "cat/1.jpg",
            "cat/2.jpg",
            "dog/1.jpg",
            "dog/2.jpg",
        ]
        assert json.loads(files["report/report.json"]) == {
            "passed": True,
            "num_classes": 2,
            "num_training_samples": 4,
            "num_validation_samples": 4,
            "classes": [
                {"name": "cat", "index": 0, "train": 2, "validation": 2},
                {"name": "dog", "index": 1, "train": 2, "validation": 2},
            ],
            "findings": [],
        }

    def test_log(self, container: Layout, good: dict[str, bytes], caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("INFO")
        check(container(good | {"train/.DS_Store": b"", "train/_READY": b""}))
        assert caplog.messages == [
            "train: decoded 4 images in 0.0 s",
            "validation: decoded 4 images in 0.0 s",
            "V103 hidden-file 1 file (train/.DS_Store: skipped)",
            "the images can be used: 2 classes, 4 images to train, 4 images to validate",
        ]

    def test_corrupt_images_are_left_out(
        self, container: Layout, good: dict[str, bytes], caplog: pytest.LogCaptureFixture
    ) -> None:
        bad = {"train/cat/0.jpg": b"", "validation/dog/3.jpg": b"text", "validation/dog/4.gif": b"GIF89a"}
        base = container(good | bad)
        check(base, "skip")
        files = outputs(base)
        assert b"cat/0.jpg" not in files["train_lst/train.lst"]
        assert files["validation_lst/validation.lst"].count(b"\n") == 4
        assert "dog/3.jpg" not in json.loads(files["validation_manifest/validation.manifest"])
        report = json.loads(files["report/report.json"])
        assert (report["passed"], report["num_training_samples"], report["num_validation_samples"]) == (
            True,
            4,
            4,
        )
        assert [finding["severity"] for finding in report["findings"]] == ["warning"] * 3
        assert "V111 unreadable-image 1 file (train/cat/0.jpg: zero bytes)" in caplog.messages


class TestFailing:
    @pytest.mark.parametrize(
        ("bad", "scope", "line"),
        [
            pytest.param(
                {"train/cat/0191.jpg": "truncated"},
                "1 of 9 files",
                "unreadable-image  1 file (train/cat/0191.jpg: truncated at byte 400)",
                id="truncated JPEG",
            ),
            pytest.param(
                {"train/cat/notes.jpg": b"not a picture"},
                "1 of 9 files",
                "unreadable-image  1 file (train/cat/notes.jpg: not an image)",
                id="text named jpg",
            ),
            pytest.param(
                {"validation/dog/empty.jpg": b""},
                "1 of 9 files",
                "unreadable-image  1 file (validation/dog/empty.jpg: zero bytes)",
                id="zero bytes",
            ),
            pytest.param(
                {"train/cat/film.jpg": b"RIFF\0\0\0\0WEBPVP8 "},
                "1 of 9 files",
                "unsupported-format  1 file (train/cat/film.jpg: WebP)",
                id="another format",
            ),
            pytest.param(
                {"train/fox/": b"", "validation/fox/1.jpg": "whole"},
                "9 files",
                "empty-class  1 class (train/fox: no images)",
                id="class without images",
            ),
            pytest.param(
                {"train/fox/1.jpg": "whole", "validation/fox/1.jpg": "whole"},
                "10 files",
                "class-too-small  1 class (train/fox: 1 image, at least 2)",
                id="class with too few images",
            ),
            pytest.param(
                {"validation/fox/1.jpg": "whole"},
                "9 files",
                "class-mismatch  1 class (validation/fox: not in train)",
                id="class in validation only",
            ),
            pytest.param(
                {"train/fox/1.jpg": "whole", "train/fox/2.jpg": "whole"},
                "10 files",
                "class-mismatch  1 class (train/fox: not in validation)",
                id="class in train only",
            ),
            pytest.param(
                {"train/1.jpg": "whole"},
                "1 of 9 files",
                "stray-file  1 file (train/1.jpg: an image outside of a class folder)",
                id="image beside the class folders",
            ),
        ],
    )
    def test_reason(
        self,
        container: Layout,
        good: dict[str, bytes],
        picture: Picture,
        bad: Mapping[str, bytes | str],
        scope: str,
        line: str,
    ) -> None:
        made = {"truncated": picture(width=200, height=200)[:400], "whole": picture()}
        base = container(good | {path: made[d] if isinstance(d, str) else d for path, d in bad.items()})
        lines = failure(base).splitlines()
        assert lines[0] == f"error V001 dataset-invalid: 1 check failed on {scope} {PREFIXES}"
        assert lines[1] == f"  {line}"
        assert lines[2].startswith("  hint: ")
        assert len(lines) == 3

    @pytest.mark.parametrize("split", ["train", "validation"])
    @pytest.mark.parametrize("exists", [True, False], ids=["empty", "missing"])
    def test_prefix_without_images(
        self, container: Layout, good: dict[str, bytes], split: str, exists: bool
    ) -> None:
        files = {path: data for path, data in good.items() if not path.startswith(split)}
        base = container(files | ({f"{split}/": b""} if exists else {}))
        assert failure(base) == (
            f"error V001 dataset-invalid: 1 check failed on 4 files {PREFIXES}\n"
            f"  no-images  1 prefix ({split}: no images under s3://b/{split})\n"
            "  hint: upload the images under this prefix, one folder a class, such as cat/1.jpg"
        )

    def test_all_problems_at_once(self, container: Layout, good: dict[str, bytes]) -> None:
        bad = {
            "train/cat/3.jpg": b"",
            "train/cat/a\tb.jpg": b"text",
            "validation/fox/1.jpg": b"",
            "train/x": b"",
        }
        base = container(good | bad)
        assert failure(base).splitlines()[:4] == [
            f"error V001 dataset-invalid: 3 checks failed on 3 of 12 files {PREFIXES}",
            "  class-mismatch    1 class (validation/fox: not in train)",
            (
                "  unreadable-image  3 files (train/cat/3.jpg: zero bytes; train/cat/a\\tb.jpg: not an image;"
                " validation/fox/1.jpg: zero bytes)"
            ),
            "  unsafe-name       1 file (train/cat/a\\tb.jpg: a tab in the name)",
        ]

    def test_report_is_written_and_lists_are_not(self, container: Layout, good: dict[str, bytes]) -> None:
        base = container(good | {"train/cat/3.jpg": b""})
        failure(base)
        files = outputs(base)
        assert set(files) == {"report/report.json", "report/classes.json", "report/problems.jsonl"}
        report = json.loads(files["report/report.json"])
        assert report["passed"] is False
        assert report["findings"] == [
            {
                "code": "V111",
                "check": "unreadable-image",
                "severity": "error",
                "split": "train",
                "count": 1,
                "examples": ["train/cat/3.jpg: zero bytes"],
                "reason": "the algorithm stops at an image that it cannot decode",
                "hint": "replace or delete these files, or set validate.on_corrupt: skip to leave them out",
            }
        ]

    def test_skipping_everything_is_a_failure(self, container: Layout, good: dict[str, bytes]) -> None:
        base = container(good | {path: b"" for path in good if path.startswith("train")})
        assert failure(base, "skip").splitlines()[1:3] == [
            (
                "  class-too-small  2 classes (train/cat: 0 usable of 2 images, at least 2;"
                " train/dog: 0 usable of 2 images, at least 2)"
            ),
            "  too-few-images   1 prefix (train: 0 usable of 4 images, at least 2 (mini_batch_size))",
        ]


class TestSetUp:
    @pytest.mark.parametrize(
        ("config", "detail"),
        [
            pytest.param(None, "FileNotFoundError: ", id="no file"),
            pytest.param("{", "JSONDecodeError: ", id="no JSON"),
            pytest.param("[]", "TypeError: ", id="no object"),
            pytest.param('{"ProcessingInputs": []}', "KeyError: 'train'", id="no inputs"),
        ],
    )
    def test_job_description_that_names_no_inputs(
        self, container: Layout, good: dict[str, bytes], config: str | None, detail: str
    ) -> None:
        base = container(good)
        file = base / "config" / "processingjobconfig.json"
        file.unlink() if config is None else file.write_text(config)
        text = failure(base)
        assert text.startswith(
            f"{file} does not tell where the inputs train and validation come from ({detail}"
        )
        assert text.endswith(
            "\n  hint: the processing job needs two inputs named train and validation, each with an S3Input"
        )


class TestMain:
    def test_failure_leaves_a_reason(
        self, container: Layout, good: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        base = container(good | {"train/cat/3.jpg": b""})
        monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(base))
        monkeypatch.setattr(sys, "argv", ["program", *ARGUMENTS, "fail"])
        assert main() == 1
        reason = (base / "output" / "message").read_text()
        assert reason.startswith("error V001 dataset-invalid: 1 check failed on 1 of 9 files")

    def test_in_a_zipapp_on_several_processes(
        self, container: Layout, good: dict[str, bytes], picture: Picture, tmp_path: Path
    ) -> None:
        """As in a container: one zip file, and enough images for all cores."""
        source = tmp_path / "source"
        room = Path(steps.__file__).parent
        for path in (room / "__init__.py", room / "container.py", *(room / "validate").glob("*.py")):
            if path.name not in {"config.py", "step.py"}:
                copy = source / "steps" / path.relative_to(room)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, copy)
        (source / "__main__.py").write_text(
            "from steps.validate.program import main\n\nraise SystemExit(main())\n"
        )
        zipapp.create_archive(source, tmp_path / "validate.pyz")
        tiny = picture(width=2, height=2)
        base = container(good | {f"train/cat/x{i}.jpg": tiny for i in range(2100)})
        done = subprocess.run(
            [sys.executable, "-W", "error", tmp_path / "validate.pyz", *ARGUMENTS, "fail"],
            env={"SAGEMAKER_BASE_DIR": str(base), "PATH": os.environ["PATH"]},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "the images can be used: 2 classes, 2 104 images to train" in done.stdout
        assert outputs(base)["train_lst/train.lst"].count(b"\n") == 2104
