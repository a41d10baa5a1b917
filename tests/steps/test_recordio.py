from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.recordio import (
    LONGEST,
    IndexedRecords,
    Place,
    Record,
    RecordError,
    locate_records,
    read_record,
    read_records,
    writing_records,
)

MAGIC = struct.pack("<I", 0xCED7230A)

# Written by MXNet 1.9.1's own writer (MXRecordIOWriterWriteRecord) from these records.
RECORDS = [
    Record(0, (0.0,), b"first"),
    Record(1, (2.0,), MAGIC),
    Record(2, (1.0,), b""),
    Record(5, (1.0, 0.0, 3.0), b"many" + MAGIC + b"x" + MAGIC + MAGIC + b"yz"),
    Record(7, (3.0,), MAGIC * 3),
    Record(8, (1.0,), b"abc" + MAGIC),
]
GOLDEN = bytes.fromhex(
    "0a23d7ce1d00000000000000000000000000000000000000000000000000000066697273740000000a23d7ce18000020"
    "0000000000000040010000000000000000000000000000000a23d7ce000000600a23d7ce18000000000000000000803f"
    "020000000000000000000000000000000a23d7ce28000020030000000000000005000000000000000000000000000000"
    "0000803f00000000000040406d616e790a23d7ce0b000060780a23d7ce0a23d7ce797a000a23d7ce1800002000000000"
    "00004040070000000000000000000000000000000a23d7ce000000400a23d7ce000000400a23d7ce000000600a23d7ce"
    "1f000000000000000000803f080000000000000000000000000000006162630a23d7ce00"
)
GOLDEN_INDEX = "0\t0\n1\t40\n2\t80\n5\t112\n7\t180\n8\t236\n"

# Rich in magic numbers, at multiples of 4 and not.
contents = st.lists(st.one_of(st.just(MAGIC), st.binary(max_size=9))).map(b"".join)
labels = st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=4).map(tuple)
records = st.lists(st.builds(Record, st.integers(0, 2**64 - 1), labels, contents), max_size=8)


def write(folder: Path, images: list[Record]) -> tuple[Path, Path]:
    with writing_records(folder / "out" / "train") as writer:
        for image in images:
            writer.put(image)
    return folder / "out" / "train.rec", folder / "out" / "train.idx"


def test_files_are_those_of_mxnet(tmp_path: Path) -> None:
    records, index = write(tmp_path, RECORDS)
    assert records.read_bytes() == GOLDEN
    assert index.read_text() == GOLDEN_INDEX


def test_files_of_mxnet_are_read(tmp_path: Path) -> None:
    records, index = tmp_path / "a.rec", tmp_path / "a.idx"
    records.write_bytes(GOLDEN)
    index.write_text(GOLDEN_INDEX)
    assert list(read_records(records)) == RECORDS
    with IndexedRecords(records, index) as found:
        assert list(found.keys) == [0, 1, 2, 5, 7, 8]
        assert [found.read(place) for place in (4, 0, 5)] == [RECORDS[4], RECORDS[0], RECORDS[5]]
        assert len(found) == 6


@given(images=records)
def test_what_is_written_is_read(images: list[Record], tmp_path_factory: pytest.TempPathFactory) -> None:
    records, index = write(tmp_path_factory.mktemp("records"), images)
    assert list(read_records(records)) == images
    with IndexedRecords(records, index) as found:
        assert [found.read(place) for place in reversed(range(len(found)))] == images[::-1]


def test_records_are_found_without_an_index(tmp_path: Path) -> None:
    (tmp_path / "a.rec").write_bytes(GOLDEN)
    places = list(locate_records(tmp_path / "a.rec"))
    assert places == [
        Place(int(line.split("\t")[1]), record.labels)
        for line, record in zip(GOLDEN_INDEX.splitlines(), RECORDS, strict=True)
    ]
    assert [read_record(tmp_path / "a.rec", place.offset) for place in reversed(places)] == RECORDS[::-1]


@given(images=records)
def test_what_is_found_is_what_is_read(
    images: list[Record], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file, _ = write(tmp_path_factory.mktemp("records"), images)
    places = list(locate_records(file))
    assert [place.labels for place in places] == [image.labels for image in images]
    assert [read_record(file, place.offset) for place in places] == images


def test_no_record_begins_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "a.rec").write_bytes(GOLDEN)
    with pytest.raises(RecordError, match="the record at byte 276 cannot be read: a record should begin"):
        read_record(tmp_path / "a.rec", len(GOLDEN))


@given(images=records)
def test_every_magic_number_at_a_multiple_of_4_begins_a_part(
    images: list[Record], tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = write(tmp_path_factory.mktemp("records"), images)[0].read_bytes()
    at, begun = 0, set()
    while at < len(data):
        begun.add(at)
        (word,) = struct.unpack_from("<I", data, at + 4)
        at += 8 + -(-(word & LONGEST) // 4) * 4
    assert {place for place in range(0, len(data), 4) if data[place : place + 4] == MAGIC} == begun


@given(data=st.one_of(st.binary(max_size=64), st.binary(max_size=64).map(lambda more: GOLDEN[:200] + more)))
def test_any_bytes_are_read_or_refused(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("records") / "a.rec"
    file.write_bytes(data)
    with suppress(RecordError):
        list(locate_records(file))
    with suppress(RecordError):
        list(read_records(file))


def head(flag: int, length: int) -> bytes:
    return MAGIC + struct.pack("<I", flag << 29 | length)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"RIFF" * 4, "there is no magic number 0xced7230a", id="something else"),
        pytest.param(MAGIC, "the file ends within it", id="half a header"),
        pytest.param(head(0, LONGEST), "the file ends within it", id="a length beyond the file"),
        pytest.param(head(0, 5) + b"12345", "the file ends within it", id="without its padding"),
        pytest.param(head(2, 0), "it begins in the middle of a record", id="a middle first"),
        pytest.param(head(3, 0), "it begins in the middle of a record", id="an end first"),
        pytest.param(head(5, 0), "it begins in the middle of a record", id="an unknown flag"),
        pytest.param(
            head(1, 0) + head(0, 0), "a record begins before the one before it ends", id="a record in another"
        ),
        pytest.param(head(1, 4) + b"1234", "the file ends within it", id="no end"),
        pytest.param(head(0, 8) + bytes(8), "it is too short for an image", id="no image"),
        pytest.param(
            head(0, 24) + struct.pack("<IfQQ", 2**32 - 1, 0, 0, 0),
            "it is too short for 4,294,967,295 labels",
            id="more labels than bytes",
        ),
    ],
)
def test_a_damaged_file_is_refused(data: bytes, why: str, tmp_path: Path) -> None:
    file = tmp_path / "a.rec"
    file.write_bytes(GOLDEN[:40] + data)
    for reading in (read_records, locate_records):
        with pytest.raises(RecordError) as caught:
            list(reading(file))
        assert str(caught.value) == (
            f"{file}: the record at byte 40 cannot be read: {why}\n  hint: pack the images again"
        )


@pytest.mark.parametrize(
    ("line", "why"),
    [
        pytest.param("1", "it is no key, a tab and a place", id="no place"),
        pytest.param("1\t2\t3", "it is no key, a tab and a place", id="three numbers"),
        pytest.param("-1\t40", "it is no key, a tab and a place", id="a negative key"),
        pytest.param("1\t" + "9" * 4000, "it is no key, a tab and a place", id="a huge number"),
        pytest.param("99999999999999999999\t40", "it is no key, a tab and a place", id="beyond 64 bits"),
        pytest.param("1\t42", "no record can begin at byte 42", id="no multiple of 4"),
        pytest.param("1\t276", "no record can begin at byte 276", id="the end of the file"),
    ],
)
def test_a_damaged_index_is_refused(line: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "a.rec").write_bytes(GOLDEN)
    index = tmp_path / "a.idx"
    index.write_text(f"0\t0\n{line}\n")
    with pytest.raises(RecordError) as caught:
        IndexedRecords(tmp_path / "a.rec", index)
    assert str(caught.value) == f"{index}, line 2 cannot be read: {why}\n  hint: pack the images again"


def test_an_index_of_another_file(tmp_path: Path) -> None:
    (tmp_path / "a.rec").write_bytes(GOLDEN)
    (tmp_path / "a.idx").write_text("0\t44\n")
    with (
        IndexedRecords(tmp_path / "a.rec", tmp_path / "a.idx") as found,
        pytest.raises(RecordError, match="the record at byte 44 cannot be read: there is no magic number"),
    ):
        found.read(0)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.rec").write_bytes(GOLDEN)
    with pytest.raises(RecordError, match=r"no\.rec cannot be read: No such file or directory"):
        list(read_records(tmp_path / "no.rec"))
    with pytest.raises(RecordError, match=r"no\.idx cannot be read: No such file or directory"):
        IndexedRecords(tmp_path / "a.rec", tmp_path / "no.idx")


def test_a_failure_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steps.recordio.LONGEST", 64)
    with pytest.raises(RecordError) as caught:
        write(tmp_path, [RECORDS[0], Record(1, (0.0,), bytes(41))])
    assert str(caught.value) == (
        "image 1 has 41 bytes, a record at most 64\n  hint: pack it smaller, by --resize"
    )
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
