from steps.page.drawing import label, line, upwards


def test_line() -> None:
    assert line("grid", 0, 1.5, 2, 3) == '<line class="grid" x1="0" y1="1.5" x2="2" y2="3"/>'


def test_texts() -> None:
    assert label(1, 2, "a") == '<text x="1" y="2" text-anchor="middle">a</text>'
    assert label(1, 2, "a", "end") == '<text x="1" y="2" text-anchor="end">a</text>'
    assert upwards(1, 2.5, "a") == (
        '<text x="1" y="2.5" text-anchor="middle" transform="rotate(-90 1 2.5)">a</text>'
    )
