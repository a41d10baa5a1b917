"""Reads the scores of a batch transform and brings them together with the list of validation images."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steps.container import ProgramError
from steps.evaluate.problems import Problem, scores_error

SUFFIX = ".out"
"""What batch transform appends to the name of its input (CreateTransformJob, S3OutputPath)."""

_SUM_TOLERANCE = 0.01


@dataclass(frozen=True)
class Row:
    """A line of the .lst file: an image and the index of its true class."""

    path: str
    label: int


@dataclass(frozen=True)
class Scores:
    """The model's answers for all validation images.

    Attributes:
        classes: Names by class index.
        paths: Of the images, relative to the validation prefix; n of them.
        labels: True class indices, [n].
        probabilities: [n, classes].
    """

    classes: tuple[str, ...]
    paths: tuple[str, ...]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]


def read_scores(folder: Path, lst: Path, classes_file: Path) -> Scores:
    """Reads all of it.

    Args:
        folder: Holds one `<path of an image>.out` an image, maybe below further folders.
        lst: The validation images and their classes.
        classes_file: A JSON list of the classes' names.

    Raises:
        ProgramError: With everything that is wrong.
    """
    classes = _read_classes(classes_file)
    rows = _read_lst(lst, len(classes))
    matched, problems = match_scores([row.path for row in rows], _list_files(folder))
    probabilities = np.zeros((len(rows), len(classes)), dtype=np.float64)
    for number, row in enumerate(rows):
        if row.path not in matched:
            continue
        answer = _read_answer(folder / matched[row.path], len(classes))
        if isinstance(answer, str):
            problems.append(Problem("bad-score", row.path, answer))
        else:
            probabilities[number] = answer
    if problems:
        raise ProgramError(scores_error(problems, len(rows)))
    return Scores(
        classes=classes,
        paths=tuple(row.path for row in rows),
        labels=np.array([row.label for row in rows], dtype=np.int64),
        probabilities=probabilities,
    )


def match_scores(paths: Sequence[str], files: Sequence[str]) -> tuple[dict[str, str], list[Problem]]:
    """Finds the score of every image by the longest end of its path that is an image's.

    Batch transform may keep a part of the input's prefix before the path under the manifest's prefix.

    Returns:
        The score file of each image that has one, and what is wrong.
    """
    wanted = {f"{path}{SUFFIX}": path for path in paths}
    matched: dict[str, str] = {}
    problems: list[Problem] = []
    for file in sorted(files):
        path = next((wanted[end] for end in _ends(file) if end in wanted), None)
        if path is None:
            problems.append(Problem("unknown-score", file, "no such image in validation.lst"))
        elif path in matched:
            problems.append(Problem("unknown-score", file, f"a second score of {path}"))
        else:
            matched[path] = file
    problems += [Problem("missing-score", path, "no score") for path in paths if path not in matched]
    return matched, problems


def _ends(path: str) -> Iterator[str]:
    """The path, then without its first folder, and so on."""
    parts = path.split("/")
    return ("/".join(parts[start:]) for start in range(len(parts)))


def _list_files(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


def _read_classes(file: Path) -> tuple[str, ...]:
    try:
        classes = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise ProgramError(f"{file} cannot be read as the list of classes: {error}") from error
    if not (
        isinstance(classes, list) and len(classes) > 1 and all(isinstance(name, str) for name in classes)
    ):
        raise ProgramError(f"{file} is no list of at least two class names")
    return tuple(classes)


def _read_lst(file: Path, num_classes: int) -> list[Row]:
    try:
        lines = file.read_text("utf-8").split("\n")
    except (OSError, ValueError) as error:
        raise ProgramError(f"{file} cannot be read as the list of images: {error}") from error
    rows = [_parse_row(file, number, line, num_classes) for number, line in enumerate(lines, 1) if line]
    if not rows:
        raise ProgramError(f"{file} lists no images")
    return rows


def _parse_row(file: Path, number: int, line: str, num_classes: int) -> Row:
    columns = line.split("\t")
    try:
        _, label, path = columns
        # im2rec writes the class as a float.
        index = int(float(label))
    except (ValueError, OverflowError):
        raise ProgramError(
            f"{file}:{number}: '{line}' is not <number>, <class index> and <path> between tabs"
        ) from None
    if not 0 <= index < num_classes:
        raise ProgramError(
            f"{file}:{number}: class index {index} is out of range: there are {num_classes} classes"
        )
    return Row(path, index)


def _read_answer(file: Path, num_classes: int) -> Sequence[float] | str:
    """The probabilities, or what is wrong with them.

    The built-in algorithm answers with a bare list or with one line of JSON Lines, `{"prediction": [...]}`.
    Notebook Image-classification-lst-format of amazon-sagemaker-examples reads the second from the files of
    a batch transform of application/x-image.
    """
    try:
        answer = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return "not JSON"
    if isinstance(answer, dict):
        answer = answer.get("prediction")
    if not isinstance(answer, list) or not all(isinstance(value, (int, float)) for value in answer):
        return "not a list of numbers"
    if len(answer) != num_classes:
        return f"its length is {len(answer)}, the number of classes {num_classes}"
    # isfinite refuses integers that no float can hold; the next check takes those.
    if not all(math.isfinite(value) for value in answer if isinstance(value, float)):
        return "a probability is not finite"
    if any(not 0 <= value <= 1 for value in answer):
        return "a probability is not between 0 and 1"
    if abs(sum(answer) - 1) > _SUM_TOLERANCE:
        return f"the probabilities add up to {sum(answer):.3f}"
    return answer
