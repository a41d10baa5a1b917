import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.filepost import encode_multipart_formdata

from steps.deploy.multipart import MAX_PARTS, MultipartError, Part, split

TYPE = "multipart/mixed; boundary=xyz"


def body(*parts: bytes, end: bytes = b"--xyz--\r\n") -> bytes:
    return b"".join(b"--xyz" + part + b"\r\n" for part in parts) + end


JPEG = b"\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\r\n\xff"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(body(JPEG), [Part("image/jpeg", b"\xff\xd8\r\n\xff")], id="one"),
        pytest.param(
            body(b"\r\n\r\na", JPEG), [Part("", b"a"), Part("image/jpeg", b"\xff\xd8\r\n\xff")], id="two"
        ),
        pytest.param(body(b" \t\r\n\r\na"), [Part("", b"a")], id="blanks after the boundary"),
        pytest.param(b"preamble\r\n" + body(b"\r\n\r\na"), [Part("", b"a")], id="preamble"),
        pytest.param(body(b"\r\n\r\na", end=b"--xyz--"), [Part("", b"a")], id="no last line end"),
        pytest.param(body(b"\r\n\r\na") + b"--xyz\r\n\r\nb\r\n--xyz--", [Part("", b"a")], id="epilogue"),
        pytest.param(body(b"\r\n\r\n"), [Part("", b"")], id="empty part"),
        pytest.param(body(*[b"\r\n\r\na"] * MAX_PARTS), [Part("", b"a")] * MAX_PARTS, id="as many as may be"),
    ],
)
def test_split(data: bytes, expected: list[Part]) -> None:
    assert split(data, TYPE) == expected


@pytest.mark.parametrize(
    ("data", "content_type", "message"),
    [
        (b"x", "multipart/mixed", "its Content-Type needs a boundary of 1 to 70 characters"),
        (
            b"x",
            f"multipart/mixed; boundary={'x' * 71}",
            "its Content-Type needs a boundary of 1 to 70 characters",
        ),
        (b"x", "multipart/mixed; boundary=ä", "the boundary in its Content-Type cannot be read"),
        (b"x", TYPE, "it has no closing boundary: it is cut off, or its lines do not end with CRLF"),
        (
            body(JPEG, end=b""),
            TYPE,
            "it has no closing boundary: it is cut off, or its lines do not end with CRLF",
        ),
        (b"--xyz--", TYPE, "it has no parts"),
        (body(b"\r\nContent-Type: image/png\r\n"), TYPE, "part 1 is malformed"),
        (body(JPEG, b"abc\r\n\r\na"), TYPE, "part 2 is malformed"),
        (body(b"\r\nA: " + b"a" * 4096 + b"\r\n\r\na"), TYPE, "the headers of part 1 are over 4,096 bytes"),
        (
            body(b"\r\nContent-Transfer-Encoding: BASE64\r\n\r\nQUJD"),
            TYPE,
            "part 1 is encoded as base64; send the file's own bytes",
        ),
        (body(*[b"\r\n\r\na"] * (MAX_PARTS + 1)), TYPE, "it has more than 64 parts"),
        (body(*[b"\r\n\r\na"] * 5000), TYPE, "it has more than 64 parts"),
    ],
)
def test_refusal(data: bytes, content_type: str, message: str) -> None:
    with pytest.raises(MultipartError, match=f"^{re.escape(message)}$"):
        split(data, content_type)


@given(st.lists(st.binary(), min_size=1, max_size=5))
def test_what_a_client_packs_comes_out(files: list[bytes]) -> None:
    fields = [("image", ("a.jpg", data, "image/jpeg")) for data in files]
    packed, content_type = encode_multipart_formdata(fields)
    assert split(packed, content_type) == [Part("image/jpeg", data) for data in files]


@given(st.lists(st.sampled_from([b"--xyz", b"--", b"\r\n", b"\n", b"a", b"Content-Type: ", b":", b"\xff"])))
def test_any_bytes_are_split_or_refused(pieces: list[bytes]) -> None:
    try:
        parts = split(b"".join(pieces), TYPE)
    except MultipartError:
        return
    assert parts


@given(st.text())
def test_any_content_type_is_read_or_refused(content_type: str) -> None:
    with pytest.raises(MultipartError):
        split(b"x", content_type)
