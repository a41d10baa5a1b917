import pytest
import torch

from steps.train import loss
from steps.train.options import Options

LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.5, 1.0, 0.0], [0.0, 0.0, 3.0]])
CLASSES = torch.tensor([0, 1, 1])


def test_by_default_it_is_cross_entropy() -> None:
    chosen = loss.choose(Options(), [0, 1, 1], 3)

    assert chosen == loss.PLAIN
    assert chosen(LOGITS, CLASSES).equal(torch.nn.CrossEntropyLoss()(LOGITS, CLASSES))


def test_smoothing_gives_every_class_its_share() -> None:
    chosen = loss.choose(Options(label_smoothing=0.3), [0, 1, 1], 3)

    wanted = torch.nn.functional.one_hot(CLASSES, 3) * 0.7 + 0.1
    expected = -(wanted * LOGITS.log_softmax(1)).sum(1).mean()
    assert chosen(LOGITS, CLASSES).item() == pytest.approx(expected.item())


@pytest.mark.parametrize(
    ("classes", "weights"),
    [
        ([0, 1, 2], [1, 1, 1]),
        ([0, 1, 1, 1, 2, 2], [2, 2 / 3, 1]),
        ([0, 0, 0, 2], [2 / 3, 2, 2]),
    ],
    ids=["as many of each", "one, three and two", "none of one"],
)
def test_the_weights_of_classes(classes: list[int], weights: list[float]) -> None:
    assert loss.balanced(classes, 3).tolist() == pytest.approx(weights)


def test_balanced_classes_count_the_same() -> None:
    classes = [0] + [1] * 9
    logits = torch.tensor([[0.0, 2.0]] * 10, requires_grad=True)

    mean = loss.choose(Options(class_weight="balanced"), classes, 2)(logits, torch.tensor(classes))

    (gradient,) = torch.autograd.grad(mean, logits)
    pull = gradient[:, 0].tolist()
    # The one image pulls with the error of its own class as hard as nine such would.
    assert pull[0] / (1 - torch.tensor([0.0, 2.0]).softmax(0)[0].item()) == pytest.approx(
        -9 * pull[1] / torch.tensor([0.0, 2.0]).softmax(0)[0].item()
    )
