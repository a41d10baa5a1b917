import pytest
import torch

from steps.container import ProgramError
from steps.train.tally import Counts, Tally


def test_training_that_diverges_is_told() -> None:
    tally = Tally(None)
    tally.add(torch.zeros(4, 3), torch.tensor(1.0), torch.zeros(4, dtype=torch.int64))

    with pytest.raises(ProgramError) as caught:
        tally.add(torch.zeros(4, 3), torch.tensor(float("nan")), torch.zeros(4, dtype=torch.int64))

    assert str(caught.value) == (
        "Customer Error: training diverged: the loss is nan after 4 images of the epoch; lower learning_rate"
    )


def test_a_tally_weighs_batches_by_their_images() -> None:
    tally = Tally(2)
    logits = torch.tensor([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0], [1.0, 3.0, 2.0]])
    tally.add(logits, torch.tensor(1.0), torch.tensor([0, 1, 0]))
    tally.add(logits[:1], torch.tensor(5.0), torch.tensor([0]))

    score = tally.score()

    assert (score.accuracy, score.loss, score.top_k_accuracy) == (0.5, 2.0, 0.75)


def test_a_tally_goes_on_from_what_was_counted_before() -> None:
    logits, classes = torch.tensor([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0]]), torch.tensor([0, 1])
    whole, first = Tally(2), Tally(2)
    for one in (whole, first):
        one.add(logits, torch.tensor(0.1), classes)

    second = Tally(2, first.counts)
    for one in (whole, second):
        one.add(logits, torch.tensor(0.7), classes)

    assert first.counts == Counts(2, 1, 2, 2 * torch.tensor(0.1).item())
    assert second.counts == whole.counts
    assert second.score() == whole.score()
