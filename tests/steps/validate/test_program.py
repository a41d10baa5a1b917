"""The program as a container runs it: what it reads, writes, logs, and why it fails."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.bundle import bundle
from steps.container import ProgramError
from steps.validate import program
from steps.validate.instances.gathering import Patience
from steps.validate.ledger.ledger import Ledger
from steps.validate.program import main, validate
from steps.validate.sources.folder import FolderSource

from .conftest import CONFIG, Layout, Picture

ARGUMENTS = [
    "--image-shape=3,24,24",
    "--resize=24",
    "--mini-batch-size=2",
    "--min-images-per-class=2",
    "--on-corrupt",
]
PREFIXES = "under s3://b/train and s3://b/validation"


def check(base: Path, on_corrupt: str = "fail", *more: str) -> None:
    patience = Patience(contact=30, silence=30)
    validate(base, [*ARGUMENTS, on_corrupt, *more], jobs=1, clock=lambda: 0.0, patience=patience)


def failure(base: Path, on_corrupt: str = "fail", *more: str) -> str:
    with pytest.raises(ProgramError) as caught:
        check(base, on_corrupt, *more)
    return str(caught.value)


def outputs(base: Path) -> dict[str, bytes]:
    """What was written; HASH stands for the content hash."""
    root = base / "processing" / "output"
    found = {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    content = json.loads(found["report/report.json"])["content_hash"] if found else ""
    return {name.replace(content, "HASH"): data for name, data in found.items()}


@pytest.fixture
def good(photo: Picture) -> dict[str, bytes]:
    """Two classes, two images of each in both splits, all different."""
    splits = ("train", "validation")
    names = [f"{split}/{name}/{i}.jpg" for split in splits for name in ("cat", "dog") for i in (1, 2)]
    return {name: photo(number) for number, name in enumerate(names)}


class TestPassing:
    def test_all_outputs(
        self, container: Layout, good: dict[str, bytes], caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("INFO")
        base = container(good | {"train/.DS_Store": b"", "train/_READY": b""})
        check(base)
        files = outputs(base)
        assert set(files) == {
            "report/report.json",
            "report/report.html",
            "report/classes.json",
            "report/problems.jsonl",
            "datasets/HASH/train_lst/train.lst",
            "datasets/HASH/validation_lst/validation.lst",
            "datasets/HASH/validation_manifest/validation.manifest",
        }
        assert json.loads(files["report/classes.json"]) == ["cat", "dog"]
        lst = b"0\t0\tcat/1.jpg\n1\t0\tcat/2.jpg\n2\t1\tdog/1.jpg\n3\t1\tdog/2.jpg\n"
        assert files["datasets/HASH/train_lst/train.lst"] == lst
        assert files["datasets/HASH/validation_lst/validation.lst"] == lst
        assert json.loads(files["datasets/HASH/validation_manifest/validation.manifest"])[0] == {
            "prefix": "s3://b/validation/"
        }
        report = json.loads(files["report/report.json"])
        assert (report["passed"], report["num_classes"], report["num_training_samples"]) == (True, 2, 4)
        assert [one["check"] for one in report["findings"]] == ["hidden-file"]
        assert caplog.messages == [
            "images: 8 in 0.0 s",
            "V103 hidden-file 1 file (train/.DS_Store: skipped)",
            "the images can be used: 2 classes, 4 images to train, 4 images to validate",
        ]

    def test_what_cannot_be_used_is_left_out_on_demand(
        self, container: Layout, good: dict[str, bytes], caplog: pytest.LogCaptureFixture
    ) -> None:
        bad = {"train/cat/0.jpg": b"", "validation/dog/3.jpg": b"text"}
        leak = {"train/dog/3.jpg": good["validation/dog/1.jpg"]}
        base = container(good | bad | leak)
        check(base, "skip", "--on-leak=skip")
        files = outputs(base)
        assert files["datasets/HASH/train_lst/train.lst"].count(b"\n") == 4
        assert files["datasets/HASH/validation_lst/validation.lst"].count(b"\n") == 4
        report = json.loads(files["report/report.json"])
        assert {(one["check"], one["severity"]) for one in report["findings"]} == {
            ("unreadable-image", "warning"),
            ("leak", "warning"),
        }
        assert any(
            line.startswith("V111 unreadable-image 1 file (train/cat/0.jpg: zero bytes)")
            for line in caplog.messages
        )

    def test_a_share_of_one_prefix(self, container: Layout, photo: Picture) -> None:
        names = [f"train/{name}/{i}.jpg" for name in ("cat", "dog") for i in range(4)]
        base = container({name: photo(number) for number, name in enumerate(names)})
        check(base, "fail", "--validation-share=0.5")
        files = outputs(base)
        listed = [
            files[f"datasets/HASH/{split}_lst/{split}.lst"].splitlines() for split in ("train", "validation")
        ]
        assert [len(lines) for lines in listed] == [4, 4]
        manifest = json.loads(files["datasets/HASH/validation_manifest/validation.manifest"])
        assert manifest[0] == {"prefix": "s3://b/train/"}
        paths = {line.split(b"\t")[2].decode() for lines in listed for line in lines}
        assert paths == {name.removeprefix("train/") for name in names}


class TestFailing:
    def test_the_reason(self, container: Layout, good: dict[str, bytes]) -> None:
        base = container(good | {"train/cat/3.jpg": b"", "validation/dog/x.jpg": good["train/dog/1.jpg"]})
        lines = failure(base).splitlines()
        assert lines[0] == f"error V001 dataset-invalid: 2 checks failed on 2 of 10 files {PREFIXES}"
        assert lines[1].startswith("  unreadable-image  1 file (train/cat/3.jpg: zero bytes)")
        assert lines[2].startswith("  leak              1 file (")
        assert lines[3].startswith("  hint: ")

    def test_the_report_is_written_and_lists_are_not(self, container: Layout, good: dict[str, bytes]) -> None:
        base = container(good | {"train/cat/3.jpg": b""})
        failure(base)
        files = outputs(base)
        assert set(files) == {
            f"report/{name}" for name in ("report.json", "report.html", "classes.json", "problems.jsonl")
        }
        assert json.loads(files["report/report.json"])["passed"] is False
        (problem,) = map(json.loads, files["report/problems.jsonl"].splitlines())
        assert (problem["check"], problem["subject"]) == ("unreadable-image", "train/cat/3.jpg")

    def test_a_prefix_without_images(self, container: Layout, good: dict[str, bytes]) -> None:
        base = container({path: data for path, data in good.items() if path.startswith("train")})
        assert failure(base) == (
            f"error V001 dataset-invalid: 1 check failed on 4 files {PREFIXES}\n"
            "  no-images  1 prefix (validation: no images under s3://b/validation)\n"
            "  hint: put the images there, one folder a class, such as cat/1.jpg; "
            "links to folders are not followed"
        )

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
        self, container: Layout, config: str | None, detail: str
    ) -> None:
        base = container({})
        file = base / "config" / "processingjobconfig.json"
        file.unlink() if config is None else file.write_text(config)
        text = failure(base)
        assert text.startswith(f"{file} does not tell where train and validation images come from ({detail}")
        assert text.endswith(
            "\n  hint: the processing job needs an input named after each (train and validation), "
            "with an S3Input"
        )


HOSTS = ("no-such-host-1", "no-such-host-2", "no-such-host-3")


def sharded(base: Path, hosts: tuple[str, ...] = HOSTS) -> list[Path]:
    """The folders of several instances, each with a part of the files, as ShardedByS3Key gives them."""
    source = base / "processing" / "input"
    names = sorted(path.relative_to(source) for path in source.rglob("*") if path.is_file())
    folders = []
    for number, host in enumerate(hosts):
        folder = base.parent / host
        for name in names[number :: len(hosts)]:
            (folder / "processing/input" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, folder / "processing/input" / name)
        shutil.copytree(base / "config", folder / "config")
        resources = {"current_host": host, "hosts": hosts}
        (folder / "config/resourceconfig.json").write_text(json.dumps(resources))
        described = {**CONFIG, "ProcessingJobArn": f"arn:{base}"}
        (folder / "config/processingjobconfig.json").write_text(json.dumps(described))
        folders.append(folder)
    return folders


def run_all(folders: list[Path], *arguments: str) -> list[str]:
    """Runs all instances at once, and says why each failed."""
    reasons = [""] * len(folders)

    def run(number: int) -> None:
        try:
            check(folders[number], *arguments)
        except ProgramError as error:
            reasons[number] = str(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(folders))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return reasons


@pytest.fixture
def no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of instances are not asked of the network."""

    def unknown(name: str) -> str:
        raise socket.gaierror(f"{name} is unknown")

    monkeypatch.setattr(socket, "gethostbyname", unknown)


@pytest.mark.usefixtures("no_name_server")
class TestSeveralInstances:
    def test_the_result_is_that_of_one(self, container: Layout, good: dict[str, bytes]) -> None:
        # The copy and the leak are on other instances than what they are copies of.
        more = {"train/cat/3.jpg": good["train/cat/1.jpg"], "train/dog/9.jpg": good["validation/dog/2.jpg"]}
        base = container(good | more | {"validation/cat/x.jpg": b"", "train/.hidden": b""})
        check(base, "skip", "--on-leak=skip")
        folders = sharded(base)
        assert run_all(folders, "skip", "--on-leak=skip") == ["", "", ""]
        assert outputs(folders[0]) == outputs(base)
        assert [outputs(folder) for folder in folders[1:]] == [{}, {}]

    def test_the_first_says_what_is_wrong_with_the_images(
        self, container: Layout, good: dict[str, bytes]
    ) -> None:
        base = container(good | {"validation/cat/x.jpg": b""})
        reasons = run_all(sharded(base))
        assert reasons == [failure(base), "", ""]

    def test_one_that_fails_is_named_by_the_first(
        self, container: Layout, good: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folders = sharded(container(good), HOSTS[:2])

        def on_a_full_disk(ledger: Ledger, sources: Mapping[str, FolderSource], *_: object) -> None:
            if sources["train"].root.is_relative_to(folders[1]):
                raise ProgramError("the disk is full")

        monkeypatch.setattr(program, "survey", on_a_full_disk)
        first, second = run_all(folders)
        assert second == "the disk is full"
        assert first.startswith("no-such-host-2 could not check its part of the images: the disk is full\n")
        assert not (folders[0] / "processing/output").exists()


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

    def test_packed_as_in_a_container(
        self, container: Layout, good: dict[str, bytes], photo: Picture, tmp_path: Path
    ) -> None:
        packed = tmp_path / "validate.pyz"
        packed.write_bytes(bundle("validate").content)
        many = {f"train/cat/x{number}.jpg": photo(100 + number) for number in range(150)}
        base = container(
            good | many | {f"train/dog/y{number}.jpg": photo(300 + number) for number in range(150)}
        )
        done = subprocess.run(
            [sys.executable, "-W", "error", packed, *ARGUMENTS, "fail"],
            env={"SAGEMAKER_BASE_DIR": str(base), "PATH": os.environ["PATH"], "TMPDIR": str(tmp_path)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert "the images can be used: 2 classes, 304 images to train" in done.stdout
        assert outputs(base)["datasets/HASH/train_lst/train.lst"].count(b"\n") == 304
        assert not list(tmp_path.glob("validate-*"))
