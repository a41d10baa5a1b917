import pytest
from hypothesis import given
from hypothesis import strategies as st

from steps.container import ProgramError
from steps.train import options
from steps.train.options import Options
from tests.steps.train.jobs import hyperparameters


def test_all_are_off_by_default() -> None:
    assert options.read({"IMGPIPE_SEED": "", "PATH": "/bin"}, hyperparameters()) == options.DEFAULTS
    assert options.DEFAULTS.to_json() == {}


def test_each_is_read() -> None:
    environ = {
        "IMGPIPE_SEED": "4294967295",
        "IMGPIPE_LR_SCHEDULER": "cosine",
        "IMGPIPE_LR_WARMUP_EPOCHS": "1",
        "IMGPIPE_LABEL_SMOOTHING": "0.1",
        "IMGPIPE_CLASS_WEIGHT": "balanced",
    }

    read = options.read(environ, hyperparameters(epochs="2"))

    assert read == Options(4294967295, "cosine", 1, 0.1, "balanced")


def test_all_that_is_wrong_is_told_at_once() -> None:
    environ = {
        "IMGPIPE_SEED": "4294967296",
        "IMGPIPE_LR_SCHEDULER": "cosine",
        "IMGPIPE_LR_WARMUP_EPOCHS": "2",
        "IMGPIPE_LABEL_SMOOTHING": "1",
        "IMGPIPE_CLASS_WEIGHT": "yes",
    }

    with pytest.raises(ProgramError) as caught:
        options.read(environ, hyperparameters(epochs="2", lr_scheduler_step="1"))

    assert str(caught.value) == (
        "Customer Error: options of the trainer cannot be used\n"
        "  IMGPIPE_SEED='4294967296': must be a whole number from 0 to 4294967295\n"
        "  IMGPIPE_LABEL_SMOOTHING='1': must be a number from 0 to less than 1\n"
        "  IMGPIPE_CLASS_WEIGHT='yes': must be 'balanced', or not set\n"
        "  IMGPIPE_LR_SCHEDULER='cosine': leave out lr_scheduler_step then\n"
        "  IMGPIPE_LR_WARMUP_EPOCHS='2': must be less than epochs, 2"
    )


@given(st.text(min_size=1), st.sampled_from(["SEED", "LR_WARMUP_EPOCHS", "LABEL_SMOOTHING"]))
def test_any_text_is_a_number_or_told(text: str, name: str) -> None:
    try:
        read = options.read({f"IMGPIPE_{name}": text}, hyperparameters())
    except ProgramError:
        return
    assert getattr(read, name.lower()) == float(text) >= 0
