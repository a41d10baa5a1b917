"""What configs are told by the algorithm's contract: at their places, with why and how to fix it."""

from __future__ import annotations

import pytest

from tests.pipeline.config.conftest import WHOLE, Load, Refuse

TRAIN = WHOLE + "train:\n"

REFUSED = {
    "no weights for the depth": (
        "  hyperparameters: {use_pretrained_model: 1, num_layers: 20, image_shape: '3,32,32'}\n",
        """\
c.yaml:9:58: error C202 no-pretrained-weights: there are no pretrained weights for 20 layers
    8 | train:
    9 |   hyperparameters: {use_pretrained_model: 1, num_layers: 20, image_shape: '3,32,32'}
      |                                                          ^^
  hint: use one of 18, 34, 50, 101, 152, 200, or set use_pretrained_model to 0""",
    ),
    "resize smaller than the image": (
        "  hyperparameters: {resize: 200}\n",
        """\
c.yaml:9:29: error C204 resize-too-small: resize 200 is smaller than the image_shape 3,224,224
    8 | train:
    9 |   hyperparameters: {resize: 200}
      |                             ^^^
  why:  training fails on images smaller than image_shape
  hint: write 224 or more, or remove resize""",
    ),
    "checkpoint after the end": (
        "  hyperparameters:\n    epochs: 3\n    checkpoint_frequency: 4\n",
        """\
c.yaml:11:27: error C207 checkpoint-too-late: checkpoint_frequency 4 is more than the 3 epochs
   10 |     epochs: 3
   11 |     checkpoint_frequency: 4
      |                           ^
  hint: write 3 or less""",
    ),
    "machine without a GPU": (
        "  instance_type: [ml.g5.xlarge, ml.m5.xlarge]\n",
        """\
c.yaml:9:33: error C201 needs-gpu: ml.m5.xlarge cannot train: it has no GPU that the algorithm uses
    8 | train:
    9 |   instance_type: [ml.g5.xlarge, ml.m5.xlarge]
      |                                 ^^^^^^^^^^^^
  why:  docs.aws.amazon.com/sagemaker/latest/dg/image-classification.html: training supports P2, P3, \
G4dn and G5
  hint: use a G4dn or G5 type, such as ml.g4dn.xlarge""",
    ),
}


@pytest.mark.parametrize(("lines", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(refuse: Refuse, lines: str, text: str) -> None:
    assert refuse(TRAIN + lines) == text


WARNED = {
    "pretrained for another size": (
        "  hyperparameters: {use_pretrained_model: 1, image_shape: '3,64,64'}\n",
        """\
c.yaml:9:59: warning C261 untried-image-size: pretrained weights are documented for images of 224x224 only, \
not 64x64
    8 | train:
    9 |   hyperparameters: {use_pretrained_model: 1, image_shape: '3,64,64'}
      |                                                           ^^^^^^^^^
  why:  docs.aws.amazon.com/sagemaker/latest/dg/IC-Hyperparameter.html: pretrained models can use only a \
fixed 224 x 224 image size
  hint: set image_shape to "3,224,224" before this runs on AWS, or use_pretrained_model to 0""",
    ),
    "momentum of adam": (
        "  hyperparameters: {optimizer: adam, momentum: 0.9}\n",
        """\
c.yaml:9:48: warning C254 without-effect: momentum has no effect: the optimizer is adam; it belongs to \
sgd and nag
    8 | train:
    9 |   hyperparameters: {optimizer: adam, momentum: 0.9}
      |                                                ^^^
  hint: remove momentum""",
    ),
    "a batch that the GPUs cannot share": (
        "  instance_type: ml.g5.12xlarge\n  hyperparameters: {mini_batch_size: 30}\n",
        """\
c.yaml:10:38: warning C263 uneven-batch: 30 images a batch cannot be shared equally by the 4 GPUs of \
ml.g5.12xlarge
    9 |   instance_type: ml.g5.12xlarge
   10 |   hyperparameters: {mini_batch_size: 30}
      |                                      ^^
  why:  docs.aws.amazon.com/sagemaker/latest/dg/IC-Hyperparameter.html: each GPU handles \
mini_batch_size/num_gpu training samples
  hint: use a multiple of 4, such as 32""",
    ),
    "machines that do not share": (
        "  instance_count: 2\n  hyperparameters: {epochs: 3}\n",
        """\
c.yaml:10:20: warning C264 unshared-weights: nothing says how 2 machines share their weights: there is no \
kv_store
    9 |   instance_count: 2
   10 |   hyperparameters: {epochs: 3}
      |                    ^^^^^^^^^^^
  why:  docs.aws.amazon.com/sagemaker/latest/dg/IC-Hyperparameter.html: it has no default, and AWS does not \
say what happens without it
  hint: set kv_store to dist_sync, or use one machine""",
    ),
}


@pytest.mark.parametrize(("lines", "text"), WARNED.values(), ids=WARNED.keys())
def test_warned(load: Load, lines: str, text: str) -> None:
    assert [str(one) for one in load(TRAIN + lines).warnings] == [text]


def test_a_rule_rests_on_right_values_only(refuse: Refuse) -> None:
    told = refuse(TRAIN + "  hyperparameters: {epochs: 0, checkpoint_frequency: 4}\n")
    assert [line.split()[2] for line in told.splitlines() if line.startswith("c.yaml:")] == ["C104"]
