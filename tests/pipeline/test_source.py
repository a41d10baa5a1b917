from __future__ import annotations

from pipeline.source import Mark, Source, printable

SOURCE = Source("c.yaml", ("first: 1", "", "second: 2", "x" * 300))


def test_an_excerpt_underlines_the_stretch_and_shows_the_line_before() -> None:
    source = Source("c.yaml", ("train:", "  epoch: 1"))
    assert Mark(source, 2, 3, 5).excerpt() == "    1 | train:\n    2 |   epoch: 1\n      |   ^^^^^"


def test_an_excerpt_leaves_out_an_empty_line_before() -> None:
    assert Mark(SOURCE, 3, 1, 6).excerpt() == "    3 | second: 2\n      | ^^^^^^"


def test_an_excerpt_of_a_long_line_shows_the_part_with_the_stretch() -> None:
    shown = Mark(SOURCE, 4, 200, 3).excerpt()
    assert shown is not None
    number, line, marker = shown.splitlines()
    assert (number, len(line), marker) == ("    3 |", 108, "      | " + " " * 50 + "^^^")


def test_a_place_beyond_the_end_has_no_excerpt() -> None:
    assert Mark(SOURCE, 5, 1).excerpt() is None


def test_text_that_a_terminal_would_obey_is_made_visible() -> None:
    assert printable("a\x1b[31mb\tc\u202ed") == "a·[31mb c·d"
