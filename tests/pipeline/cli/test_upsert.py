"""upsert before it asks anybody."""

from pathlib import Path

import pytest

from pipeline.cli import entry


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "c.yaml").write_text("version: 1\n")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        pytest.param(
            ("no.json",),
            1,
            "error R007 file-problem: no.json: No such file or directory\n"
            "  hint: check the path, its rights and the disk\n",
            id="missing",
        ),
        pytest.param(
            ("folder",),
            1,
            "error R007 file-problem: folder: Is a directory\n"
            "  hint: check the path, its rights and the disk\n",
            id="folder",
        ),
        pytest.param(
            ("c.yaml",),
            1,
            "error R121 no-plan: c.yaml is no plan\n"
            "  hint: `imgpipe plan --out FILE` writes one; a YAML file goes after `-c`\n",
            id="a config",
        ),
        pytest.param(
            ("plan.json", "--to-version", "3"),
            2,
            "error R129 plan-beside: --to-version cannot stand beside the plan plan.json\n"
            "  hint: a plan holds all that it needs; leave out one of them\n",
            id="version",
        ),
        pytest.param(
            ("plan.json", "-c", "c.yaml", "--to-version", "3"),
            2,
            "error R129 plan-beside: --to-version and --config cannot stand beside the plan plan.json\n"
            "  hint: a plan holds all that it needs; leave out one of them\n",
            id="config and version",
        ),
    ],
)
def test_careless_words(
    words: tuple[str, ...], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        entry.main(("upsert", *words))
    assert (caught.value.code, *capsys.readouterr()) == (code, "", told)


def test_versions_begin_at_1(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        entry.main(("upsert", "--to-version", "0"))
    assert caught.value.code == 2
    assert (
        "Invalid value for '--to-version': Input should be greater than or equal to 1"
        in capsys.readouterr().err
    )
