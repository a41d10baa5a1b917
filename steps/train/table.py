"""The table of the hyperparameters of SageMaker's built-in Image Classification algorithm.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/IC-Hyperparameter.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from steps.train.kinds import Fraction, Kind, Numbers, OneOf, Whole

PAGE = "docs.aws.amazon.com/sagemaker/latest/dg/IC-Hyperparameter.html"

IMAGENET_LAYERS = (18, 34, 50, 101, 152, 200)
CIFAR_LAYERS = (20, 32, 44, 56, 110)


@dataclass(frozen=True)
class Needs:
    """What must hold for a hyperparameter to have an effect.

    Attributes:
        name: Another hyperparameter.
        values: The values that it must have one of; empty if any will do.
        unmet: What to say where it has none of them; {} stands for the one that it has.
    """

    name: str
    values: tuple[object, ...]
    unmet: str


def _optimizer(*takers: str) -> Needs:
    return Needs("optimizer", takers, "the optimizer is {}; it belongs to " + " and ".join(takers))


DECAYING = ("sgd", "nag")
"""The optimizers that take momentum and weight_decay."""

_STOPPING = Needs("early_stopping", (True,), "early_stopping is not true")
_STEPS = Needs("lr_scheduler_step", (), "there is no lr_scheduler_step")


@dataclass(frozen=True)
class Hyperparameter:
    """One row of the table.

    Attributes:
        name: As the algorithm spells it.
        kind: What its value can be.
        default: The text that the algorithm takes it for where it is not given; None if it has no default.
        required: It has no default, and training cannot go without it.
        needs: Without which it has no effect.
    """

    name: str
    kind: Kind
    default: str | None = None
    required: bool = False
    needs: Needs | None = None


_SWITCH = OneOf((0, 1))

TABLE: tuple[Hyperparameter, ...] = (
    Hyperparameter("num_classes", Whole(), required=True),
    Hyperparameter("num_training_samples", Whole(), required=True),
    Hyperparameter("num_layers", OneOf(IMAGENET_LAYERS + CIFAR_LAYERS), "152"),
    Hyperparameter("use_pretrained_model", _SWITCH, "0"),
    Hyperparameter("image_shape", Numbers("channels, height and width", "3,224,224", 3), "3,224,224"),
    Hyperparameter("mini_batch_size", Whole(), "32"),
    Hyperparameter("epochs", Whole(), "30"),
    Hyperparameter("learning_rate", Fraction(), "0.1"),
    Hyperparameter("lr_scheduler_step", Numbers("epochs with commas between them", "10,20")),
    Hyperparameter("lr_scheduler_factor", Fraction(), "0.1", needs=_STEPS),
    Hyperparameter("optimizer", OneOf(("sgd", "adam", "rmsprop", "nag")), "sgd"),
    Hyperparameter("momentum", Fraction(), "0.9", needs=_optimizer(*DECAYING)),
    Hyperparameter("weight_decay", Fraction(), "0.0001", needs=_optimizer(*DECAYING)),
    Hyperparameter("beta_1", Fraction(), "0.9", needs=_optimizer("adam")),
    Hyperparameter("beta_2", Fraction(), "0.999", needs=_optimizer("adam")),
    Hyperparameter("eps", Fraction(), "1e-8", needs=_optimizer("adam", "rmsprop")),
    Hyperparameter("gamma", Fraction(), "0.9", needs=_optimizer("rmsprop")),
    Hyperparameter("augmentation_type", OneOf(("crop", "crop_color", "crop_color_transform"))),
    Hyperparameter("early_stopping", OneOf((True, False)), "False"),
    Hyperparameter("early_stopping_min_epochs", Whole(), "10", needs=_STOPPING),
    Hyperparameter("early_stopping_patience", Whole(), "5", needs=_STOPPING),
    Hyperparameter("early_stopping_tolerance", Fraction(), "0.0", needs=_STOPPING),
    Hyperparameter("top_k", Whole(2)),
    Hyperparameter("resize", Whole()),
    Hyperparameter("checkpoint_frequency", Whole()),
    Hyperparameter("multi_label", _SWITCH, "0"),
    Hyperparameter("use_weighted_loss", _SWITCH, "0"),
    Hyperparameter("precision_dtype", OneOf(("float32", "float16")), "float32"),
    Hyperparameter("kv_store", OneOf(("dist_sync", "dist_async"))),
)
"""Every hyperparameter, in the order in which this project tells of them."""

BY_NAME: Mapping[str, Hyperparameter] = {one.name: one for one in TABLE}
