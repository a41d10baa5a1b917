from __future__ import annotations

from pipeline.definition.document import rendered


def test_keys_are_sorted_and_on_lines_of_their_own() -> None:
    assert rendered('{"b": [1], "a": {"d": "ü", "c": null}}') == (
        '{\n  "a": {\n    "c": null,\n    "d": "ü"\n  },\n  "b": [\n    1\n  ]\n}\n'
    )


def test_keys_at_the_top_that_say_nothing_are_left_out() -> None:
    assert rendered('{"MlflowConfig": null, "Metadata": {}, "Parameters": [], "Version": "x"}') == (
        '{\n  "Version": "x"\n}\n'
    )
