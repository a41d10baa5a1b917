"""The program of the step EvaluateModel: figures and a report page from the scores of the validation images.

Runs in a SageMaker processing container under Python 3.10 with numpy and Pillow.
"""

from __future__ import annotations

import json
import logging
import os
from functools import partial
from pathlib import Path

from steps.container import base_dir, processing_reason_file, run, write_atomically
from steps.evaluate.document import render_document
from steps.evaluate.metrics import Evaluation, evaluate_scores
from steps.evaluate.mistakes import find_mistakes, render_thumbnails
from steps.evaluate.model_quality import render_model_quality
from steps.evaluate.page import render_page
from steps.evaluate.scores import read_scores

_log = logging.getLogger(__name__)


def main() -> int:
    """Runs the program with this process's environment; returns the exit status."""
    base = base_dir(os.environ)
    return run(partial(evaluate, base), processing_reason_file(base))


def evaluate(base: Path) -> None:
    """Reads scores, list, classes and images, and writes evaluation.json and report.html.

    Args:
        base: The container's base folder.

    Raises:
        ProgramError: The scores cannot be used.
    """
    inputs = base / "processing" / "input"
    scores = read_scores(
        inputs / "scores", inputs / "validation_lst" / "validation.lst", inputs / "report" / "classes.json"
    )
    evaluation = evaluate_scores(scores.classes, scores.labels, scores.probabilities)
    quality = render_model_quality(scores.classes, scores.labels, scores.probabilities.argmax(axis=1))
    mistakes = find_mistakes(scores)
    page = render_page(evaluation, mistakes, render_thumbnails(inputs / "validation", mistakes))
    output = base / "processing" / "output" / "evaluation"
    write_atomically(output / "report.html", page.encode("utf-8", "backslashreplace"))
    # Last, so that whoever sees it can rely on the page.
    document = json.dumps(render_document(evaluation, quality), allow_nan=False)
    write_atomically(output / "evaluation.json", f"{document}\n".encode())
    _tell(evaluation)


def _tell(evaluation: Evaluation) -> None:
    _log.info("evaluated %d images of %d classes", evaluation.num_images, len(evaluation.classes))
    _log.info("accuracy=%.6f", evaluation.accuracy)
    _log.info("macro_f1=%.6f", evaluation.macro_f1)
    _log.info("worst_class_recall=%.6f", evaluation.worst_class_recall)
    if evaluation.top_5_accuracy is not None:
        _log.info("top_5_accuracy=%.6f", evaluation.top_5_accuracy)
    _log.info("expected_calibration_error=%.6f", evaluation.expected_calibration_error)


if __name__ == "__main__":
    raise SystemExit(main())
