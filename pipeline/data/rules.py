"""The rules that images are checked by: those of a config, or the usual ones."""

from __future__ import annotations

from pipeline.config.model import PipelineConfig
from steps.train.config import Hyperparameters
from steps.validate.config import ValidateConfig
from steps.validate.library import Settings

USUAL_SHARE = 0.2
"""Of the images that validate where there are none of their own, and no config says how many."""


def rules_of(config: PipelineConfig | None, *, is_divided: bool) -> Settings:
    """The rules.

    Args:
        config: Without one, every key is as if it were absent.
        is_divided: Whether there are validation images of their own.
    """
    validate = config.validation if config else ValidateConfig()
    training = config.train.hyperparameters if config else Hyperparameters()
    share = (config.data.validation_share if config else None) or USUAL_SHARE
    return Settings(
        image_shape=training.shape,
        resize=training.resize_pixels,
        mini_batch_size=training.mini_batch_size,
        min_images_per_class=validate.min_images_per_class,
        skip_corrupt=validate.on_corrupt == "skip",
        skip_leaks=validate.on_leak == "skip",
        severities=validate.severities(),
        validation_share=None if is_divided else share,
    )


def in_words(settings: Settings) -> str:
    """The rules in a line, for who has no config to look them up in."""
    shape = ",".join(map(str, settings.image_shape))
    return (
        f"image_shape {shape}, resize {settings.resize}, mini_batch_size {settings.mini_batch_size}, "
        f"min_images_per_class {settings.min_images_per_class}"
    )
