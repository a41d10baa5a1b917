from __future__ import annotations

from pipeline.config.source import Mark, Source, finding

SOURCE = Source("c.yaml", ("first: 1",))


def test_a_finding_has_the_words_of_its_code() -> None:
    found = finding("C102", "what", Mark(SOURCE, 1, 1, 5), hint="do this")
    assert str(found) == (
        "c.yaml:1:1: error C102 unknown-key: what\n    1 | first: 1\n      | ^^^^^\n  hint: do this"
    )


def test_text_that_a_terminal_would_obey_is_made_visible() -> None:
    assert finding("C001", "a\x1b[2J").message == "a·[2J"
