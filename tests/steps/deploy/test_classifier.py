import re
from pathlib import Path

import pytest

from steps.deploy.classifier import ModelError, load_classifier
from steps.model.preprocessing import ImageError

from .conftest import LABELS, Folder, picture, render_graph


@pytest.mark.parametrize("color", LABELS)
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_probabilities_in_the_order_of_the_labels(model_folder: Folder, color: str, form: str) -> None:
    classifier = load_classifier(model_folder() / "model", threads=1)
    # CSS's green has half the light of red and blue.
    probabilities = classifier.classify(picture("lime" if color == "green" else color, form))
    assert sum(probabilities) == pytest.approx(1)
    assert classifier.labels[probabilities.index(max(probabilities))] == color
    assert max(probabilities) > 0.99


def test_no_image(model_folder: Folder) -> None:
    classifier = load_classifier(model_folder() / "model", threads=1)
    with pytest.raises(ImageError, match=r"^not an image of a known format"):
        classifier.classify(b"hello")


class TestUnusableModel:
    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match=r"model is no complete model: model\.json, model\.onnx, "):
            load_classifier(tmp_path / "model", threads=1)

    @pytest.mark.parametrize("graph", [b"", b"not a graph"], ids=["empty", "text"])
    def test_graph_that_is_none(self, model_folder: Folder, graph: bytes) -> None:
        with pytest.raises(ModelError, match=r"^\S*model\.onnx is damaged: "):
            load_classifier(model_folder(graph) / "model", threads=1)

    @pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
    def test_graph_that_is_cut_off(self, model_folder: Folder, kept: float) -> None:
        graph = render_graph()
        with pytest.raises(ModelError, match=r"^\S*model\.onnx is damaged: |^the graph does not run: "):
            load_classifier(model_folder(graph[: int(len(graph) * kept)]) / "model", threads=1)

    def test_graph_with_another_output(self, model_folder: Folder) -> None:
        with pytest.raises(ModelError, match=r"^the graph does not run: .*probabilities"):
            load_classifier(model_folder(render_graph(output="scores")) / "model", threads=1)

    def test_other_number_of_labels(self, model_folder: Folder) -> None:
        message = "the graph's answer has shape (1, 3), but model.json's labels need (1, 2)"
        with pytest.raises(ModelError, match=f"^{re.escape(message)}$"):
            load_classifier(model_folder(labels=["a", "b"]) / "model", threads=1)

    def test_probabilities_that_are_not_finite(self, model_folder: Folder) -> None:
        classifier = load_classifier(model_folder(render_graph(scale=0.0)) / "model", threads=1)
        with pytest.raises(
            ModelError, match=r"^the model's probabilities are not finite: its training diverged$"
        ):
            classifier.classify(picture("red"))
