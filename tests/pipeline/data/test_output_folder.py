from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.data.output_folder import appearing, require_empty
from pipeline.errors import UsageError


@pytest.mark.parametrize("place", ["set", "set/out", "."])
def test_out_is_beside_the_images(tmp_path: Path, place: str) -> None:
    (tmp_path / "set").mkdir()
    with pytest.raises(UsageError) as caught:
        require_empty(tmp_path / place, tmp_path / "set")
    assert str(caught.value) == (
        f"error R221 out-in-use: nothing can be made in {(tmp_path / place).resolve()}: it and "
        f"{tmp_path}/set lie one within the other\n  hint: name a place beside it"
    )


def test_out_is_empty(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    require_empty(tmp_path / "out", tmp_path / "set")
    require_empty(tmp_path / "new", tmp_path / "set")
    (tmp_path / "out" / "x").touch()
    with pytest.raises(UsageError) as caught:
        require_empty(tmp_path / "out", tmp_path / "set")
    assert str(caught.value) == (
        f"error R221 out-in-use: nothing can be made in {tmp_path}/out: it is not empty\n"
        "  hint: name another place, or delete what is there"
    )
    # Images on S3 have no folder that it could lie in.
    with pytest.raises(UsageError, match="it is not empty"):
        require_empty(tmp_path / "out", None)


def fail_halfway(out: Path) -> None:
    with appearing(out) as folder:
        (folder / "half").touch()
        raise OSError("full")


@pytest.mark.parametrize("there", [False, True], ids=["new", "empty"])
def test_out_appears_when_it_is_complete(tmp_path: Path, there: bool) -> None:
    out = tmp_path / "out"
    if there:
        out.mkdir()
    with pytest.raises(OSError, match="full"):
        fail_halfway(out)
    assert list(tmp_path.rglob("*")) == [out] * there
    with appearing(out) as folder:
        (folder / "whole").touch()
        assert out.exists() == there
    assert list(tmp_path.rglob("*")) == [out, out / "whole"]
