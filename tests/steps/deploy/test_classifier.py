import re
from pathlib import Path

import numpy as np
import pytest

from steps.deploy.classifier import Classifier, ModelError, load_classifier
from steps.deploy.runtimes import RUNTIMES
from steps.model.preprocessing import ImageError, Preprocessing, TooManyPixelsError

from .conftest import LABELS, SIDE, Folder, picture, render_graph


@pytest.mark.parametrize("color", LABELS)
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_probabilities_in_the_order_of_the_labels(model_folder: Folder, color: str, form: str) -> None:
    classifier = load_classifier(model_folder() / "model", "onnxruntime", threads=1)
    # CSS's green has half the light of red and blue.
    images = classifier.decode([picture("lime" if color == "green" else color, form)])
    (probabilities,) = classifier.infer(np.stack(images)).tolist()
    assert sum(probabilities) == pytest.approx(1)
    assert classifier.labels[probabilities.index(max(probabilities))] == color
    assert max(probabilities) > 0.99


def test_a_batch_gets_the_answers_of_its_images_alone(model_folder: Folder) -> None:
    classifier = load_classifier(model_folder() / "model", "onnxruntime", threads=1)
    images = classifier.decode([picture(color) for color in ("red", "gray", "blue")])
    together = classifier.infer(np.stack(images))
    alone = [classifier.infer(image[np.newaxis])[0] for image in images]
    np.testing.assert_allclose(together, alone, rtol=1e-6)


class TestDecoding:
    def limited(self, model_folder: Folder, max_pixels: int) -> Classifier:
        folder = model_folder() / "model"
        network = RUNTIMES["onnxruntime"](folder / "model.onnx", 1)
        return Classifier(network, Preprocessing((3, SIDE, SIDE), max_pixels=max_pixels), LABELS)

    @pytest.mark.parametrize(
        ("files", "message"),
        [
            pytest.param([b"hello"], "not an image of a known format", id="one"),
            pytest.param([picture(), b"hello"], "image 2 of 2: not an image of a known format", id="of two"),
        ],
    )
    def test_no_image(self, model_folder: Folder, files: list[bytes], message: str) -> None:
        with pytest.raises(ImageError, match=f"^{message}"):
            self.limited(model_folder, 1000).decode(files)

    @pytest.mark.parametrize(
        ("count", "message"),
        [
            pytest.param(1, None, id="one within"),
            pytest.param(2, None, id="two within"),
            pytest.param(3, "image 3 of 3: together with those before more than 400 pixels", id="beyond"),
        ],
    )
    def test_limit_of_a_batch(self, model_folder: Folder, count: int, message: str | None) -> None:
        classifier = self.limited(model_folder, 400)
        if message is None:
            assert len(classifier.decode([picture()] * count)) == count
        else:
            with pytest.raises(TooManyPixelsError, match=f"^{message}$"):
                classifier.decode([picture()] * count)

    @pytest.mark.parametrize("count", [1, 2])
    def test_one_that_is_too_large(self, model_folder: Folder, count: int) -> None:
        with pytest.raises(TooManyPixelsError, match=r"20x10 pixels, more than the limit of 199$"):
            self.limited(model_folder, 199).decode([picture()] * count)


class TestUnusableModel:
    def test_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match=r"model is no complete model: model\.json, model\.onnx, "):
            load_classifier(tmp_path / "model", "onnxruntime", threads=1)

    @pytest.mark.parametrize("graph", [b"", b"not a graph"], ids=["empty", "text"])
    def test_graph_that_is_none(self, model_folder: Folder, graph: bytes) -> None:
        with pytest.raises(ModelError, match=r"^\S*model\.onnx is damaged: "):
            load_classifier(model_folder(graph) / "model", "onnxruntime", threads=1)

    @pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
    def test_graph_that_is_cut_off(self, model_folder: Folder, kept: float) -> None:
        graph = render_graph()
        with pytest.raises(ModelError, match=r"^\S*model\.onnx is damaged: |^the graph does not run: "):
            load_classifier(model_folder(graph[: int(len(graph) * kept)]) / "model", "onnxruntime", threads=1)

    def test_graph_with_another_output(self, model_folder: Folder) -> None:
        with pytest.raises(ModelError, match=r"^the graph does not run: .*probabilities"):
            load_classifier(model_folder(render_graph(output="scores")) / "model", "onnxruntime", threads=1)

    def test_other_number_of_labels(self, model_folder: Folder) -> None:
        message = "the graph's answer has shape (1, 3), but model.json's labels need (1, 2)"
        with pytest.raises(ModelError, match=f"^{re.escape(message)}$"):
            load_classifier(model_folder(labels=["a", "b"]) / "model", "onnxruntime", threads=1)
