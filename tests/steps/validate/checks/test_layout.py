from pathlib import Path

import pytest

from tests.steps.validate.ledgers import BOTH, Files, flawed, good, image, told


@pytest.mark.parametrize(
    ("files", "severity", "check", "culprit"),
    [
        pytest.param(
            {"train/1.jpg": image("x")},
            *("error", "stray-file", "train/1.jpg: an image outside of a class folder"),
            id="image beside",
        ),
        pytest.param(
            {"train/README": flawed("unreadable-image", "not an image")},
            *("warning", "stray-file", "train/README: skipped"),
            id="file beside",
        ),
        pytest.param(
            {"train/cat/pipe": "other"}, *("warning", "stray-file", "train/cat/pipe: skipped"), id="pipe"
        ),
        pytest.param(
            {"train/cat/.DS_Store": None, "validation/_SUCCESS": None},
            *("warning", "hidden-file", "train/cat/.DS_Store: skipped"),
            id="hidden file",
        ),
        pytest.param(
            {"train/.git/1": None, "train/.git/2": None},
            *("warning", "hidden-file", "train/.git: skipped"),
            id="hidden folder, told once",
        ),
        pytest.param(
            {"train/cat/a.jpg": "link"},
            *("warning", "symlink", "train/cat/a.jpg: a symbolic link, skipped"),
            id="link",
        ),
        pytest.param(
            {"train/cat/tabby": "closed"},
            *(
                "error",
                "no-permission",
                "train/cat/tabby: a folder that may not be listed, skipped with all that is in it",
            ),
            id="closed folder",
        ),
        pytest.param(
            {"train/fox": "closed", "validation/fox/1.jpg": None},
            *(
                "error",
                "no-permission",
                "train/fox: a folder that may not be listed, skipped with all that is in it",
            ),
            id="closed class",
        ),
        pytest.param(
            {"train/cat/tabby/1.jpg": None, "train/cat/tabby/old/2.jpg": None, "train/cat/tabby/3.jpg": None},
            *(
                "warning",
                "nested-folder",
                "train/cat/tabby: a folder within a class; 3 files in it taken for 'cat'",
            ),
            id="nested folder",
        ),
    ],
)
def test_what_lies_in_the_wrong_place(
    tmp_path: Path, files: Files, severity: str, check: str, culprit: str
) -> None:
    assert told(tmp_path, {**good(BOTH), **files}) == [(severity, check, culprit)]
