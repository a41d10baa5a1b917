"""The checks of the image validation and what each of them found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

EXAMPLES = 10
"""So many examples of a finding go into report.json, which SageMaker reads as a property file."""


@dataclass(frozen=True)
class Check:
    """One thing that is checked.

    Attributes:
        code: Stable; documentation and programs refer to it.
        unit: What is counted: "file", "class" or "prefix".
        reason: Why it matters.
        hint: How to fix it.
    """

    code: str
    unit: str
    reason: str
    hint: str


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "no-images": Check(
            "V101",
            "prefix",
            "there is nothing to train or to measure with",
            "upload the images under this prefix, one folder a class, such as cat/1.jpg",
        ),
        "stray-file": Check(
            "V102",
            "file",
            "the folder names the class, so a file outside of one has none",
            "move images into the folder of their class and delete the rest",
        ),
        "hidden-file": Check(
            "V103", "file", "operating systems leave such files; they are no images", "delete them"
        ),
        "too-few-classes": Check(
            "V104",
            "prefix",
            "with less than two classes there is nothing to tell apart",
            "put the images into one folder a class, directly under the prefix",
        ),
        "class-mismatch": Check(
            "V105",
            "class",
            "a class of one split only can be trained or measured, not both",
            "give train and validation the same class folders, spelt the same",
        ),
        "empty-class": Check(
            "V106",
            "class",
            "a class folder without images cannot be learnt",
            "add images to the folder or delete it",
        ),
        "class-too-small": Check(
            "V107",
            "class",
            "a class with few images is learnt badly",
            "add images, or lower validate.min_images_per_class",
        ),
        "too-few-images": Check(
            "V108",
            "prefix",
            "the algorithm needs at least one full mini-batch in each split",
            "add images, or lower train.hyperparameters.mini_batch_size",
        ),
        "unreadable-image": Check(
            "V111",
            "file",
            "the algorithm stops at an image that it cannot decode",
            "replace or delete these files, or set validate.on_corrupt: skip to leave them out",
        ),
        "unsupported-format": Check(
            "V112",
            "file",
            "the algorithm takes JPEG and PNG only, by content and not by suffix",
            "convert these files to JPEG or PNG, or set validate.on_corrupt: skip to leave them out",
        ),
        "image-too-large": Check(
            "V113",
            "file",
            "decoding it would take the memory of the whole job",
            "scale these images down, or set validate.on_corrupt: skip to leave them out",
        ),
        "image-too-small": Check(
            "V114",
            "file",
            "the algorithm crops to image_shape and fails on a smaller image",
            "set train.hyperparameters.resize, so that images are scaled first, or use larger images",
        ),
        "unsafe-name": Check(
            "V115",
            "file",
            "a .lst file has one line an image and a tab before its path",
            "rename these files",
        ),
    }
)
"""All checks by name, in the order in which they are told."""


@dataclass(frozen=True)
class Culprit:
    """One thing that fails a check.

    Attributes:
        subject: Which, such as train/cat/1.jpg, train/cat or train. Printable.
        reason: Why, such as "zero bytes".
    """

    subject: str
    reason: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.reason}"


@dataclass(frozen=True)
class Finding:
    """What one check found in one split.

    Attributes:
        check: A key of CHECKS.
        split: "train" or "validation".
        culprits: At least one, in the order to tell them.
        severity: "error" or "warning".
    """

    check: str
    split: str
    culprits: tuple[Culprit, ...]
    severity: str = "error"

    def to_json(self) -> dict[str, object]:
        """The finding as report.json has it."""
        check = CHECKS[self.check]
        return {
            "code": check.code,
            "check": self.check,
            "severity": self.severity,
            "split": self.split,
            "count": len(self.culprits),
            "examples": [str(culprit) for culprit in self.culprits[:EXAMPLES]],
            "reason": check.reason,
            "hint": check.hint,
        }
