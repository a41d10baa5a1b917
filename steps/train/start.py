"""The network that training starts from: an earlier model, ImageNet weights, or a fresh one."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from steps.container import ProgramError
from steps.model import pretrained, weights
from steps.model.network import Network
from steps.model.network import build as build_network
from steps.model.pretrained import NoPretrainedWeights, Places
from steps.train import earlier
from steps.train.hyperparameters import Hyperparameters

WITHOUT_PRETRAINED_VARIABLE = "IMGPIPE_WITHOUT_PRETRAINED"
_FAIL, _SCRATCH = "fail", "scratch"

_log = logging.getLogger(__name__)


def build(
    given: Hyperparameters, environ: Mapping[str, str], places: Places, model: Path | None = None
) -> tuple[Network, dict[str, Any]]:
    """The network, and where its weights come from, for model.json.

    Args:
        given: The depth, the classes and use_pretrained_model.
        environ: IMGPIPE_WITHOUT_PRETRAINED says what to do where no ImageNet weights can be had: "fail",
            which is the default, or "scratch".
        places: Where to look for them.
        model: The channel of an earlier model, which goes before ImageNet weights.

    Raises:
        ProgramError: The weights cannot be had or do not fit.
    """
    if model is not None:
        return _go_on(given, model)
    without = environ.get(WITHOUT_PRETRAINED_VARIABLE) or _FAIL
    if without not in (_FAIL, _SCRATCH):
        raise ProgramError(f"{WITHOUT_PRETRAINED_VARIABLE}={without!r}: must be {_FAIL!r} or {_SCRATCH!r}")
    fresh = build_network(given.num_layers, given.num_classes)
    if not given.use_pretrained_model:
        _log.info("Training a ResNet-%d from scratch: use_pretrained_model=0", given.num_layers)
        return fresh, {"source": "scratch"}
    try:
        path = pretrained.find(given.num_layers, places)
    except NoPretrainedWeights as error:
        if without == _FAIL:
            raise
        _warn(given, error)
        return fresh, {"source": "scratch", "wanted": "imagenet"}
    weights.transfer(fresh, weights.load(path), str(path))
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    _log.info("Loaded ImageNet weights from %s (SHA-256 %s); the classifier is new", path, digest)
    return fresh, {"source": "imagenet", "file": path.name, "sha256": digest}


def _go_on(given: Hyperparameters, model: Path) -> tuple[Network, dict[str, Any]]:
    found = earlier.read(model, given)
    network = build_network(given.num_layers, given.num_classes)
    weights.restore(network, found.state, f"Customer Error: {found.origin['file']} in the model channel")
    _log.info("Training on from %s (SHA-256 %s)", found.origin["file"], found.origin["sha256"])
    if given.use_pretrained_model:
        _log.info("use_pretrained_model has no effect: training starts from the model channel")
    return network, found.origin


def _warn(given: Hyperparameters, error: NoPretrainedWeights) -> None:
    # Many lines, so that nobody takes the result for one of transfer learning.
    allowed = f"{WITHOUT_PRETRAINED_VARIABLE}={_SCRATCH}"
    lines = [
        "*" * 88,
        f"NO IMAGENET WEIGHTS: this ResNet-{given.num_layers} is trained FROM SCRATCH, as {allowed} allows.",
        "It needs more images and epochs than transfer learning, and is likely to be less accurate.",
        *error.attempts,
        "*" * 88,
    ]
    for line in lines:
        _log.warning("%s", line)
