import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from steps.evaluate.charts import MOST_CONFUSIONS, calibration_diagram, confusion_list, confusion_table
from steps.evaluate.metrics import Evaluation, evaluate_scores


def evaluation_of(
    names: tuple[str, ...], pairs: list[tuple[int, int]], confidence: float = 0.75
) -> Evaluation:
    """An image for each pair of true and predicted class."""
    rest = (1 - confidence) / (len(names) - 1)
    probabilities = np.full((len(pairs), len(names)), rest)
    for row, (_, predicted) in enumerate(pairs):
        probabilities[row, predicted] = confidence
    return evaluate_scores(names, np.array([true for true, _ in pairs]), probabilities)


class TestMatrix:
    PAIRS = ((0, 0), (0, 0), (0, 0), (0, 1), (1, 1))

    def test_cells(self) -> None:
        table = ET.fromstring(confusion_table(evaluation_of(("cat", "dog"), list(self.PAIRS))))
        cells = [(td.get("class"), td.text, td.get("title")) for td in table.iter("td")][1:]
        assert cells == [
            ("hit strong", "3", "3 of cat taken for cat (75.0%)"),
            ("miss", "1", "1 of cat taken for dog (25.0%)"),
            ("miss none", "0", "0 of dog taken for cat (0.0%)"),
            ("hit strong", "1", "1 of dog taken for dog (100.0%)"),
        ]

    @pytest.mark.parametrize(
        ("names", "kind"), [(("cat", "dog"), "matrix"), (("cat", "elephant"), "matrix tall")]
    )
    def test_long_names_are_written_upwards(self, names: tuple[str, ...], kind: str) -> None:
        table = ET.fromstring(confusion_table(evaluation_of(names, list(self.PAIRS)))).find("table")
        assert table is not None
        assert table.get("class") == kind

    def test_names_are_escaped(self) -> None:
        html = confusion_table(evaluation_of(("<script>", 'a"&b'), list(self.PAIRS)))
        assert "<script>" not in html
        ET.fromstring(html)


class TestList:
    def test_most_frequent_first(self) -> None:
        pairs = [(0, 1), (2, 0), (2, 0), (1, 1)]
        items = ET.fromstring(confusion_list(evaluation_of(("cat", "dog", "<fox>"), pairs)))
        assert ["".join(item.itertext()) for item in items] == [
            "<fox> taken for cat2 of 2",
            "cat taken for dog1 of 1",
        ]

    def test_no_mistakes(self) -> None:
        text = confusion_list(evaluation_of(("cat", "dog"), [(0, 0), (1, 1)]))
        assert text == "<p>None: every image was recognised.</p>"

    def test_bounded(self) -> None:
        names = tuple(f"c{i}" for i in range(20))
        html = confusion_list(evaluation_of(names, [(i, (i + 1) % 20) for i in range(20)]))
        assert html.count("<li>") == MOST_CONFUSIONS


class TestCalibration:
    @pytest.mark.parametrize(
        ("right", "kind"), [(1, "gap"), (4, "surplus")], ids=["too sure of itself", "too modest"]
    )
    def test_bars(self, right: int, kind: str) -> None:
        pairs = [(0, 0)] * right + [(1, 0)] * (4 - right)
        svg = ET.fromstring(calibration_diagram(evaluation_of(("cat", "dog"), pairs)))
        (group,) = svg.iter("g")
        assert [rect.get("class") for rect in group.iter("rect")] == ["accuracy", kind, "count"]
        title = group.findtext("title")
        assert title == f"0.73 to 0.80: 4 images, {right / 4:.1%} right at a mean probability of 75.0%"
        kept, difference, count = (float(rect.get("height", "")) for rect in group.iter("rect"))
        assert kept == pytest.approx(min(right / 4, 0.75) * 330, abs=0.1)
        assert difference == pytest.approx(abs(right / 4 - 0.75) * 330, abs=0.1)
        assert count > 0

    def test_bars_stay_inside(self) -> None:
        pairs = [(0, 0)] * 3
        svg = calibration_diagram(evaluation_of(("cat", "dog"), pairs, confidence=1.0))
        found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
        assert found
        for rect in ET.fromstring(svg).iter("rect"):
            x, y, width, height = (float(rect.get(key, "")) for key in ("x", "y", "width", "height"))
            assert x >= 0
            assert x + width <= float(found[1])
            assert y >= 0
            assert y + height <= float(found[2])
            assert min(width, height) >= 0
