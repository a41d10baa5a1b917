import re

import pytest

from steps.validate.report.census import ClassSize
from steps.validate.report.charts import MOST_CLASSES, balance_table, colour_bars, size_map
from steps.validate.report.sizes import Sizes, measure_sizes
from steps.validate.report.statistics import Colours
from tests.steps.page.pages import Page

HOSTILE = '<script>alert("1")</script>'


def sizes_of(*groups: tuple[int, int, int]) -> Sizes:
    sizes = measure_sizes(groups)
    assert sizes is not None
    return sizes


def shares(html: str) -> list[str]:
    return re.findall(r"--share:([0-9.]+)", html)


class TestBalance:
    def test_largest_first_each_split_on_its_own_scale(self) -> None:
        html = balance_table([ClassSize("cat", 5, 4), ClassSize("dog", 1000, 2), ClassSize("emu", 0, 0)])
        assert shares(html) == ["1.000", "0.500", "0.005", "1.000", "0.000", "0.000"]
        assert Page(html).text == "class train validation dog 1 000 2 cat 5 4 emu 0 0"

    def test_names_are_only_text(self) -> None:
        page = Page(balance_table([ClassSize(f"{HOSTILE}\n\udcff", 1, 1)]))
        assert "script" not in page.tags
        assert f"{HOSTILE}\\n\\udcff" in page.text

    @pytest.mark.parametrize(("classes", "rows"), [(MOST_CLASSES, 30), (MOST_CLASSES + 1, 31), (1000, 31)])
    def test_of_many_classes_the_largest_and_the_smallest(self, classes: int, rows: int) -> None:
        page = Page(balance_table([ClassSize(f"c{i}", 10 * i, i) for i in range(classes)]))
        assert page.tags.count("tr") - 1 == rows

    def test_the_rest_is_summed(self) -> None:
        text = Page(balance_table([ClassSize(f"c{i:04}", 10 * i, 1) for i in range(1000)])).text
        assert "c0999" in text
        assert "c0985" in text
        assert "c0984" not in text
        assert "… 970 classes between" in text
        assert "150 to 9 840, 4 845 150 together" in text
        assert "1, 970 together" in text
        assert "c0014" in text

    def test_no_images_at_all(self) -> None:
        assert shares(balance_table([ClassSize("cat", 0, 0)])) == ["0.000", "0.000"]


class TestSizes:
    def test_cells_tell_what_they_are(self) -> None:
        html = size_map(sizes_of((640, 480, 1200), (224, 224, 1)), (224, 224))
        page = Page(html)
        assert "609 to 724 by 431 to 511 pixels: 1 200 images" in page.text
        assert "216 to 255 by 216 to 255 pixels: 1 image" in page.text
        assert re.findall(r'fill-opacity="([0-9.]+)"', html) == ["0.26", "1.00"]

    def test_axes_span_all_images_and_the_crop(self) -> None:
        labels = re.findall(r">([0-9]+)</text>", size_map(sizes_of((300, 2000, 1)), (224, 224)))
        assert sorted(set(map(int, labels))) == [128, 256, 512, 1024, 2048]

    def test_one_size_still_has_a_scale(self) -> None:
        labels = re.findall(r">([0-9]+)</text>", size_map(sizes_of((8, 8, 1797)), (8, 8)))
        assert sorted(set(map(int, labels))) == [4, 8, 16, 32]

    @pytest.mark.parametrize("side", [1, 2, 3, 65_535])
    def test_any_size_lies_within_the_plot(self, side: int) -> None:
        html = size_map(sizes_of((side, side, 1), (64, 1, 7)), (224, 224))
        Page(html)
        assert all(58 <= float(x) <= 398 for x in re.findall(r'<rect [^>]* x="([0-9.-]+)"', html))
        assert all(9.9 <= float(y) <= 350 for y in re.findall(r'<rect [^>]* y="([0-9.-]+)"', html))


class TestColours:
    def test_numbers(self) -> None:
        page = Page(colour_bars(Colours(3, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))))
        assert "red 0.485 ± 0.229 green 0.456 ± 0.224 blue 0.406 ± 0.225 0 0.25 0.5 0.75 1" in page.text

    def test_bands_end_at_black_and_white(self) -> None:
        html = colour_bars(Colours(3, (0.1, 0.9, 0.5), (0.3, 0.3, 0.5)))
        bands = re.findall(r'class="band [a-z]+" x="([0-9.]+)" y="[0-9]+" width="([0-9.]+)"', html)
        assert bands == [("60.0", "102.4"), ("213.6", "102.4"), ("60.0", "256.0")]
