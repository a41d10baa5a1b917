from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.local.jobs.archive import BadArchive, Limits, pack, unpack


def tar_gz(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def contents(folder: Path) -> dict[str, bytes | None]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def test_what_is_packed_is_unpacked(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "code").mkdir(parents=True)
    (source / "empty").mkdir()
    (source / "code" / "run.sh").write_bytes(b"x")
    (source / "code" / "run.sh").chmod(0o755)
    (source / "model.bin").write_bytes(os.urandom(3_000_000))
    (source / "link").symlink_to("model.bin")
    (source / "loop").symlink_to(source)
    (source / "dangling").symlink_to("nothing")
    os.mkfifo(source / "fifo")
    assert pack(source, tmp_path / "a.tar.gz") == 3
    target.mkdir()
    unpack(tmp_path / "a.tar.gz", target)
    assert contents(target) == {
        "code": None,
        "code/run.sh": b"x",
        "empty": None,
        "link": (source / "model.bin").read_bytes(),
        "model.bin": (source / "model.bin").read_bytes(),
    }
    assert (target / "code" / "run.sh").stat().st_mode & 0o777 == 0o755


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    for number, name in enumerate(("one", "two")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "f").write_bytes(b"same")
        os.utime(tmp_path / name / "f", (number, number))
        pack(tmp_path / name, tmp_path / f"{name}.tar.gz")
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()


def test_an_archive_of_tar_itself_is_unpacked(tmp_path: Path) -> None:
    archive = tar_gz(
        tmp_path / "a.tar.gz",
        (member("./", tarfile.DIRTYPE), b""),
        (member("./model.json"), b"{}"),
        (member("./deep/er/x"), b"x"),
    )
    (tmp_path / "out").mkdir()
    unpack(archive, tmp_path / "out")
    assert contents(tmp_path / "out") == {
        "deep": None,
        "deep/er": None,
        "deep/er/x": b"x",
        "model.json": b"{}",
    }


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (member("../x"), "its member '../x' leads out of the folder"),
        (member("a/../../x"), "its member 'a/../../x' leads out of the folder"),
        (member("/etc/passwd"), "its member '/etc/passwd' leads out of the folder"),
        (member("l", tarfile.SYMTYPE, "/etc"), "its member 'l' is a link (to '/etc')"),
        (member("l", tarfile.LNKTYPE, "good"), "its member 'l' is a link (to 'good')"),
        (member("dev", tarfile.CHRTYPE), "its member 'dev' is neither a file nor a folder"),
        (member("fifo", tarfile.FIFOTYPE), "its member 'fifo' is neither a file nor a folder"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_a_hostile_member_is_refused(tmp_path: Path, bad: tarfile.TarInfo, reason: str) -> None:
    archive = tar_gz(tmp_path / "a.tar.gz", (member("good"), b"x"), (bad, b""))
    (tmp_path / "out").mkdir()
    with pytest.raises(BadArchive) as caught:
        unpack(archive, tmp_path / "out")
    assert caught.value.reason == reason
    assert contents(tmp_path / "out") == {"good": b"x"}


def bomb(path: Path) -> Path:
    return tar_gz(path, (member("zeros"), b"\0" * 1_000_000))


def many(path: Path) -> Path:
    return tar_gz(path, *((member(f"f{number}"), b"") for number in range(11)))


def long_header(path: Path) -> Path:
    header = member("x", tarfile.XHDTYPE)
    header.size = 100 * 1024 * 1024
    path.write_bytes(gzip.compress(header.tobuf() + b"\0" * 1024))
    return path


def cut(path: Path) -> Path:
    whole = tar_gz(path, (member("x"), os.urandom(100_000)))
    path.write_bytes(whole.read_bytes()[:50_000])
    return path


def plain_text(path: Path) -> Path:
    path.write_text("not an archive")
    return path


def empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


END_OF_FILE = "Compressed file ended before the end-of-stream marker was reached"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (bomb, "it unpacks to more than 100,000 bytes"),
        (many, "it has more than 10 members"),
        (long_header, "it is not a whole tar.gz archive: a header is too long"),
        (cut, f"it is not a whole tar.gz archive: {END_OF_FILE}"),
        (plain_text, "it is not a whole tar.gz archive: Not a gzipped file (b'no')"),
        (empty, "it is not a whole tar.gz archive: empty file"),
    ],
)
def test_a_bomb_or_a_damaged_archive_is_refused(
    tmp_path: Path, make: Callable[[Path], Path], reason: str
) -> None:
    archive = make(tmp_path / "a.tar.gz")
    (tmp_path / "out").mkdir()
    with pytest.raises(BadArchive) as caught:
        unpack(archive, tmp_path / "out", Limits(members=10, ratio=2, free_bytes=100_000))
    assert caught.value.reason == reason


@settings(deadline=None)
@given(damage=st.lists(st.tuples(st.integers(0, 1100), st.integers(0, 255)), min_size=1, max_size=5))
def test_a_damaged_archive_is_refused_or_stays_inside(
    damage: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    archive = tar_gz(folder / "a.tar.gz", (member("a/b"), b"x" * 600))
    raw = bytearray(gzip.decompress(archive.read_bytes()))
    for place, value in damage:
        raw[place] = value
    archive.write_bytes(gzip.compress(bytes(raw)))
    (folder / "out").mkdir()
    with suppress(BadArchive, OSError):
        unpack(archive, folder / "out")
    assert sorted(path.name for path in folder.iterdir()) == ["a.tar.gz", "out"]
