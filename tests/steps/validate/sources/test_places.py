import pytest

from steps.validate.sources.places import Placed, name_flaw, placed
from steps.validate.sources.source import Entry, Kind


@pytest.mark.parametrize(
    ("path", "kind", "expected"),
    [
        pytest.param("cat/1.jpg", "file", Placed("cat/1.jpg", "class", "cat"), id="image"),
        pytest.param("cat/a/b/1.jpg", "file", Placed("cat/a/b/1.jpg", "class", "cat"), id="deep"),
        pytest.param("_cat/1.jpg", "file", Placed("_cat/1.jpg", "class", "_cat"), id="underscore"),
        pytest.param("1.jpg", "file", Placed("1.jpg", "stray"), id="beside"),
        pytest.param("_SUCCESS", "file", Placed("_SUCCESS", "marker"), id="marker"),
        pytest.param("cat", "folder", Placed("cat", "folder", "cat"), id="class folder"),
        pytest.param("cat/tabby", "folder", None, id="folder within"),
        pytest.param(".DS_Store", "file", Placed(".DS_Store", "hidden"), id="hidden"),
        pytest.param("cat/Thumbs.db", "file", Placed("cat/Thumbs.db", "hidden"), id="of a system"),
        pytest.param(".git/a/b", "file", Placed(".git", "hidden"), id="in a hidden folder"),
        pytest.param("cat/__MACOSX/._1.jpg", "file", Placed("cat/__MACOSX", "hidden"), id="of a Mac"),
        pytest.param("cat/.x", "folder", Placed("cat/.x", "hidden"), id="hidden folder"),
        pytest.param("cat/link.jpg", "link", Placed("cat/link.jpg", "link"), id="link"),
        pytest.param("cat/socket", "other", Placed("cat/socket", "other"), id="socket"),
    ],
)
def test_places(path: str, kind: Kind, expected: Placed | None) -> None:
    assert placed(Entry(path, kind, 0, "")) == expected


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        pytest.param("cat/a\tb.jpg", "a tab in the name", id="tab"),
        pytest.param("cat/a\nb.jpg", "a line break in the name", id="newline"),
        pytest.param("cat/a\rb.jpg", "a line break in the name", id="carriage return"),
        pytest.param("cat/a\x85b.jpg", "a control character in the name", id="control"),
        pytest.param("cat/a\udcff.jpg", "the name is not UTF-8", id="not UTF-8"),
        pytest.param("cat/a.jpg ", "a space at the end of the name", id="space at the end"),
        pytest.param("cat/a.jpg\u3000", "a space at the end of the name", id="wide space at the end"),
        pytest.param("cat//a.jpg", "a folder without a name", id="empty folder"),
        pytest.param("/a.jpg", "a folder without a name", id="slash first"),
    ],
)
def test_names_that_break_a_list(path: str, reason: str) -> None:
    assert name_flaw(path) == reason


@pytest.mark.parametrize(
    "path", ["a b.jpg", "été.jpg", "猫.jpg", "a,b;c'd\"e.jpg", "a\u00a0b.jpg", "a\u3000b"]
)
def test_names_that_are_safe(path: str) -> None:
    assert name_flaw(f"cat/{path}") is None
