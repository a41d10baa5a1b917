import json
import re
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.container import ProgramError
from steps.evaluate.problems import Problem
from steps.evaluate.scores import Scores, match_scores, read_scores

LST = "0\t0\tcat/1.jpg\n1\t0\tcat/2.jpg\n2\t1\tdog/1.jpg\n"
CAT, DOG = "[0.75, 0.25]", "[0.5, 0.5]"
GOOD = {"cat/1.jpg.out": CAT, "cat/2.jpg.out": CAT, "dog/1.jpg.out": DOG}


def read(folder: Path, scores: Mapping[str, str], lst: str = LST, classes: str = '["cat", "dog"]') -> Scores:
    for path, text in scores.items():
        file = folder / "scores" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (folder / "validation.lst").write_text(lst)
    (folder / "classes.json").write_text(classes)
    return read_scores(folder / "scores", folder / "validation.lst", folder / "classes.json")


def refused(folder: Path, scores: Mapping[str, str], lst: str = LST, classes: str = '["cat", "dog"]') -> str:
    with pytest.raises(ProgramError) as caught:
        read(folder, scores, lst, classes)
    return str(caught.value)


class TestGood:
    def test_rows_in_the_order_of_the_list(self, tmp_path: Path) -> None:
        scores = read(tmp_path, GOOD)
        assert scores.classes == ("cat", "dog")
        assert scores.paths == ("cat/1.jpg", "cat/2.jpg", "dog/1.jpg")
        assert scores.labels.tolist() == [0, 0, 1]
        assert scores.probabilities.tolist() == [[0.75, 0.25], [0.75, 0.25], [0.5, 0.5]]

    def test_below_a_part_of_the_prefix(self, tmp_path: Path) -> None:
        moved = {f"data/validation/{path}": text for path, text in GOOD.items()}
        assert read(tmp_path, moved).probabilities[0].tolist() == [0.75, 0.25]

    def test_classes_as_im2rec_writes_them(self, tmp_path: Path) -> None:
        scores = read(tmp_path, GOOD, LST.replace("\t0\t", "\t0.000000\t").replace("\t1\t", "\t1.000000\t"))
        assert scores.labels.tolist() == [0, 0, 1]

    @pytest.mark.parametrize(
        "text",
        ["[0.25, 0.75]", "[0.25, 0.75]\n", '{"prediction": [0.25, 0.75]}', '{"prediction": [0.25, 0.75]}\n'],
        ids=["list", "list and newline", "JSON Lines", "JSON Lines and newline"],
    )
    def test_answer_forms_of_the_built_in_algorithm(self, tmp_path: Path, text: str) -> None:
        """The second is what amazon-sagemaker-examples' Image-classification-lst-format notebook reads."""
        assert read(tmp_path, GOOD | {"cat/1.jpg.out": text}).probabilities[0].tolist() == [0.25, 0.75]

    def test_whole_numbers_are_numbers(self, tmp_path: Path) -> None:
        assert read(tmp_path, GOOD | {"cat/1.jpg.out": "[1, 0]"}).probabilities[0].tolist() == [1.0, 0.0]


class TestMatching:
    def test_longest_end_wins(self) -> None:
        """One image's path may be the end of another's."""
        paths = ["1.jpg", "cat/1.jpg"]
        matched, problems = match_scores(paths, ["v/cat/1.jpg.out", "v/1.jpg.out"])
        assert matched == {"cat/1.jpg": "v/cat/1.jpg.out", "1.jpg": "v/1.jpg.out"}
        assert problems == []

    def test_score_of_no_image(self) -> None:
        _, problems = match_scores([], ["fox/1.jpg.out"])
        assert problems == [Problem("unknown-score", "fox/1.jpg.out", "no such image in validation.lst")]

    def test_second_score(self) -> None:
        _, problems = match_scores(["cat/1.jpg"], ["a/cat/1.jpg.out", "b/cat/1.jpg.out"])
        assert problems == [Problem("unknown-score", "b/cat/1.jpg.out", "a second score of cat/1.jpg")]

    def test_image_without_a_score(self) -> None:
        _, problems = match_scores(["cat/1.jpg"], [])
        assert problems == [Problem("missing-score", "cat/1.jpg", "no score")]

    @given(
        st.lists(st.from_regex(r"[ab](/[ab]){0,2}\.jpg", fullmatch=True), unique=True),
        st.sampled_from(["", "a/", "x/y/"]),
    )
    def test_any_common_prefix_is_seen_through(self, paths: list[str], prefix: str) -> None:
        files = [f"{prefix}z/{path}.out" for path in paths]
        matched, problems = match_scores([f"z/{path}" for path in paths], files)
        assert matched == {f"z/{path}": f"{prefix}z/{path}.out" for path in paths}
        assert problems == []


class TestBadScores:
    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            pytest.param("", "not JSON", id="empty"),
            pytest.param("<html>", "not JSON", id="page"),
            pytest.param("[" * 100_000, "not JSON", id="too deep"),
            pytest.param('{"predictions": [1, 0]}', "not a list of numbers", id="another key"),
            pytest.param('{"prediction": {}}', "not a list of numbers", id="object in an object"),
            pytest.param('{"prediction": [1]}', "its length is 1, the number of classes 2", id="short line"),
            pytest.param(CAT + "\n" + CAT, "not JSON", id="two lines"),
            pytest.param('["a", "b"]', "not a list of numbers", id="texts"),
            pytest.param("[1.0]", "its length is 1, the number of classes 2", id="too few"),
            pytest.param("[0.5, 0.3, 0.2]", "its length is 3, the number of classes 2", id="too many"),
            pytest.param("[NaN, 0.5]", "a probability is not finite", id="NaN"),
            pytest.param("[Infinity, 0.5]", "a probability is not finite", id="infinite"),
            pytest.param("[1.5, -0.5]", "a probability is not between 0 and 1", id="logits"),
            pytest.param("[1" + "0" * 400 + ", 0]", "a probability is not between 0 and 1", id="huge"),
            pytest.param("[0.9, 0.9]", "the probabilities add up to 1.800", id="sum"),
        ],
    )
    def test_reason(self, tmp_path: Path, text: str, reason: str) -> None:
        assert refused(tmp_path, GOOD | {"cat/2.jpg.out": text}).splitlines()[:2] == [
            "error V002 scores-invalid: 1 of the scores of 3 images cannot be used",
            f"  bad-score  1 (cat/2.jpg: {reason})",
        ]

    def test_all_at_once(self, tmp_path: Path) -> None:
        scores = {"cat/1.jpg.out": "[NaN, NaN]", "dog/1.jpg.out": "[1]", "fox/1.jpg.out": CAT}
        assert refused(tmp_path, scores).splitlines()[:4] == [
            "error V002 scores-invalid: 4 of the scores of 3 images cannot be used",
            "  missing-score  1 (cat/2.jpg: no score)",
            "  unknown-score  1 (fox/1.jpg.out: no such image in validation.lst)",
            (
                "  bad-score  2 (cat/1.jpg: a probability is not finite;"
                " dog/1.jpg: its length is 1, the number of classes 2)"
            ),
        ]

    @given(st.text(alphabet='[]{}",:.-0123456789eENaInfty ', max_size=40))
    def test_any_text_is_read_or_refused(self, text: str) -> None:
        with tempfile.TemporaryDirectory() as folder, suppress(ProgramError):
            scores = read(Path(folder), {"a.out": text}, "0\t0\ta\n")
            assert scores.probabilities[0].sum() == pytest.approx(1, abs=0.011)
            assert json.loads(text) == scores.probabilities[0].tolist()


class TestBadSurroundings:
    @pytest.mark.parametrize(
        ("lst", "message"),
        [
            pytest.param("", "validation.lst lists no images", id="empty"),
            pytest.param(
                "0\t0\ta\nx\n",
                "validation.lst:2: 'x' is not <number>, <class index> and <path> between tabs",
                id="no columns",
            ),
            pytest.param(
                "0\tcat\ta\n",
                "validation.lst:1: '0\tcat\ta' is not <number>, <class index> and <path> between tabs",
                id="name for the class",
            ),
            pytest.param(
                "0\t2\ta\n",
                "validation.lst:1: class index 2 is out of range: there are 2 classes",
                id="index out of range",
            ),
            pytest.param(
                "0\tinf\ta\n",
                "validation.lst:1: '0\tinf\ta' is not <number>, <class index> and <path> between tabs",
                id="infinite",
            ),
        ],
    )
    def test_list_of_images(self, tmp_path: Path, lst: str, message: str) -> None:
        assert refused(tmp_path, {}, lst) == f"{tmp_path}/{message}"

    @pytest.mark.parametrize(
        ("classes", "message"),
        [
            ("", "classes.json cannot be read as the list of classes: "),
            ("{}", "classes.json is no list of at least two class names"),
            ('["cat"]', "classes.json is no list of at least two class names"),
            ("[1, 2]", "classes.json is no list of at least two class names"),
        ],
        ids=["empty", "object", "one", "numbers"],
    )
    def test_classes(self, tmp_path: Path, classes: str, message: str) -> None:
        assert refused(tmp_path, GOOD, classes=classes).startswith(f"{tmp_path}/{message}")

    def test_missing_files(self, tmp_path: Path) -> None:
        (tmp_path / "classes.json").write_text('["cat", "dog"]')
        with pytest.raises(
            ProgramError, match=re.escape("validation.lst cannot be read as the list of images: ")
        ):
            read_scores(tmp_path, tmp_path / "validation.lst", tmp_path / "classes.json")
