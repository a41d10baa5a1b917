import onnx
import onnxruntime
import pytest
import torch

from steps.model import graph
from steps.model.network import Classifier, build


def trained_looking(num_layers: int, num_classes: int) -> Classifier:
    """A classifier whose batch norms have seen images: fresh ones would hide a variance left out."""
    torch.manual_seed(0)
    network = build(num_layers, num_classes)
    for name, value in network.named_buffers():
        if name.endswith("running_mean"):
            value.normal_(0, 0.2)
        if name.endswith("running_var"):
            value.uniform_(0.5, 2.0)
    for name, parameter in network.named_parameters():
        if ".bn" in name or name.startswith("bn"):
            torch.nn.init.uniform_(parameter, 0.3, 0.7)
    return Classifier(network, (123.675, 116.28, 103.53), (58.395, 57.12, 57.375))


def session(data: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize(
    ("num_layers", "image_shape"),
    [(18, (3, 32, 48)), (50, (3, 64, 32)), (20, (3, 28, 32)), (32, (3, 9, 8))],
    ids=["basic blocks", "bottlenecks", "small images", "odd sides"],
)
def test_onnx_gives_what_torch_gives(num_layers: int, image_shape: tuple[int, int, int]) -> None:
    classifier = trained_looking(num_layers, 5)
    brightness = torch.tensor([1.0, 0.5, 0.1])[:, None, None, None]
    images = torch.randint(0, 256, (3, *image_shape)).float() * brightness

    (probabilities,) = session(graph.serialise(classifier, image_shape)).run(None, {"images": images.numpy()})

    with torch.no_grad():
        expected = classifier.eval()(images).softmax(dim=1)
    # Else the comparison would hold for any network.
    assert expected.std(dim=0).max() > 1e-3
    torch.testing.assert_close(torch.from_numpy(probabilities), expected, rtol=1e-4, atol=1e-5)


def test_weights_in_training_mode_and_channels_last_are_exported_the_same() -> None:
    classifier = trained_looking(18, 2)
    before = graph.serialise(classifier.eval(), (3, 32, 32))

    classifier.train().to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    assert graph.serialise(classifier, (3, 32, 32)) == before


def test_the_batch_size_is_free() -> None:
    model = session(graph.serialise(trained_looking(18, 4), (3, 32, 32)))

    shapes = [model.run(None, {"images": torch.zeros(n, 3, 32, 32).numpy()})[0].shape for n in (1, 5)]

    assert shapes == [(1, 4), (5, 4)]


def test_the_interface_is_that_of_the_artifact() -> None:
    model = onnx.load_from_string(graph.serialise(trained_looking(18, 4), (3, 32, 40)))

    (images,), (probabilities,) = model.graph.input, model.graph.output
    assert (images.name, probabilities.name) == ("images", "probabilities")
    sides = images.type.tensor_type.shape.dim
    assert [side.dim_param or side.dim_value for side in sides] == ["N", 3, 32, 40]
    assert images.type.tensor_type.elem_type == onnx.TensorProto.FLOAT


@pytest.mark.parametrize(("num_layers", "side"), [(18, 32), (20, 28)])
def test_weights_in_the_graph_have_the_names_of_the_state_dict(num_layers: int, side: int) -> None:
    classifier = trained_looking(num_layers, 4)
    model = onnx.load_from_string(graph.serialise(classifier, (3, side, side)))

    names = {initializer.name for initializer in model.graph.initializer} - {"mean", "std"}
    expected = {name for name in classifier.network.state_dict() if "num_batches" not in name}
    assert names == expected
