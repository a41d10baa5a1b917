"""The checks of the image validation and what each of them found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from steps.validate.wording import visible

EXAMPLES = 10
"""So many examples of a finding go into report.json, which SageMaker reads as a property file."""

Grade = Literal["error", "warning"]


@dataclass(frozen=True)
class Check:
    """One thing that is checked.

    Attributes:
        code: Stable; documentation and programs refer to it.
        unit: What is counted: "file", "folder", "class" or "prefix".
        reason: Why it matters.
        hint: How to fix it.
        severity: How grave it is where the settings do not say otherwise.
    """

    code: str
    unit: str
    reason: str
    hint: str
    severity: Grade = "error"


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "no-images": Check(
            "V101",
            "prefix",
            "there is nothing to train or to measure with",
            "put the images there, one folder a class, such as cat/1.jpg; links to folders are not followed",
        ),
        "stray-file": Check(
            "V102",
            "file",
            "the folder names the class, so a file outside of one has none",
            "move images into the folder of their class and delete the rest",
        ),
        "hidden-file": Check(
            "V103",
            "file",
            "operating systems leave such files; they are no images",
            "delete them",
            "warning",
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
        "class-imbalance": Check(
            "V109",
            "class",
            "a network learns to name the largest class, and the rare ones badly",
            "add images to the small classes, or take some out of the large ones",
            "warning",
        ),
        "nested-folder": Check(
            "V110",
            "folder",
            "only the first folder names a class; what lies in deeper ones counts as that class",
            "move the images up, or make the folder a class of its own",
            "warning",
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
        "wrong-extension": Check(
            "V116",
            "file",
            "programs that go by the suffix take the file for what it is not",
            "give these files the suffix of their content",
            "warning",
        ),
        "no-permission": Check(
            "V117",
            "file",
            "what may not be read here can most likely not be read by the training either",
            "let them be read: chmod a+r, of folders a+rx, or kms:Decrypt and s3:GetObject for the role",
        ),
        "symlink": Check(
            "V118",
            "file",
            "S3 knows no symbolic links, and an upload leaves them out or copies what they lead to",
            "put the files themselves in their place, or delete the links",
            "warning",
        ),
        "changed-while-scanning": Check(
            "V119",
            "file",
            "what was checked is not what would be trained on",
            "wait until the upload is done, then check again",
        ),
        "enlarged-image": Check(
            "V120",
            "file",
            "its shorter side is less than a quarter of resize: enlarged so far, it shows mostly blur",
            "use larger images, or a smaller train.hyperparameters.resize",
            "warning",
        ),
        "animated-image": Check(
            "V121",
            "file",
            "the algorithm takes one frame and drops the others",
            "save the frame that is meant as an image of its own",
            "warning",
        ),
        "cmyk-image": Check(
            "V122",
            "file",
            "decoders turn printing colours into RGB each in its way",
            "convert these files to RGB",
            "warning",
        ),
        "transparent-image": Check(
            "V123",
            "file",
            "transparency is dropped, and what lies under it shows, mostly black",
            "put these images on the background that they are meant to have",
            "warning",
        ),
        "sixteen-bit-image": Check(
            "V124",
            "file",
            "the algorithm keeps eight bits, and of dark scans little is left",
            "scale the values to eight bits yourself",
            "warning",
        ),
        "palette-image": Check(
            "V125",
            "file",
            "some decoders give the numbers of the colours instead of the colours",
            "convert these files to RGB",
            "warning",
        ),
        "rotated-image": Check(
            "V126",
            "file",
            "not every decoder follows the EXIF orientation, so training and serving may see it turned",
            "turn the pixels and drop the tag, such as with mogrify -auto-orient",
            "warning",
        ),
        "extreme-aspect": Check(
            "V127",
            "file",
            "a square crop shows but a small part of it",
            "cut these images to what matters",
            "warning",
        ),
        "blank-image": Check(
            "V131",
            "file",
            "there is nothing in it to learn from",
            "replace or delete these files",
            "warning",
        ),
        "dark-image": Check(
            "V132",
            "file",
            "it is far darker than the other images of its class",
            "look at these files; replace or brighten those that show nothing",
            "warning",
        ),
        "blurred-image": Check(
            "V133",
            "file",
            "it is far less sharp than the other images of its class",
            "look at these files; replace those that nobody could name",
            "warning",
        ),
        "low-information": Check(
            "V134",
            "file",
            "it holds far less than the other images of its class, such as a placeholder or a test card",
            "look at these files; replace or delete those that are no real images",
            "warning",
        ),
        "duplicate-image": Check(
            "V141",
            "file",
            "a copy adds nothing and makes its image weigh twice",
            "delete the copies",
            "warning",
        ),
        "label-conflict": Check(
            "V142",
            "file",
            "the same image cannot be of two classes",
            "keep each of these images in the class that it belongs to",
        ),
        "leak": Check(
            "V143",
            "file",
            "measured on an image that it was trained on, a model seems better than it is",
            "delete one of the two, or set validate.on_leak: skip to leave the training copy out",
        ),
        "near-duplicate": Check(
            "V144",
            "file",
            "an image that looks the same adds next to nothing",
            "look at these files; delete copies that were resized, touched up or saved again",
            "warning",
        ),
        "near-label-conflict": Check(
            "V145",
            "file",
            "images that look the same are in two classes",
            "look at these files; keep each in the class that it belongs to",
            "warning",
        ),
        "near-leak": Check(
            "V146",
            "file",
            "measured on what looks like its training images, a model seems better than it is",
            "look at these files; keep all that look the same in one split",
            "warning",
        ),
    }
)
"""All checks by name, in the order in which they are told."""


@dataclass(frozen=True)
class Culprit:
    """One thing that fails a check.

    Attributes:
        split: "train" or "validation".
        path: Under the split, as it is: a file, a folder, a class; empty for the split itself.
        reason: Why, such as "zero bytes".
        other: The other file of a pair that looks the same, such as validation/cat/7.jpg.
    """

    split: str
    path: str
    reason: str
    other: str | None = None

    @property
    def subject(self) -> str:
        """Which, such as train/cat/1.jpg, train/cat or train. Printable."""
        return visible(f"{self.split}/{self.path}" if self.path else self.split)

    def __str__(self) -> str:
        return f"{self.subject}: {self.reason}"


@dataclass(frozen=True)
class Problem:
    """A culprit and what is held against it: one line of problems.jsonl.

    Attributes:
        check: A key of CHECKS.
        severity: "error" or "warning".
        culprit: What fails the check.
    """

    check: str
    severity: Grade
    culprit: Culprit

    def to_json(self) -> dict[str, str | None]:
        """The line. Paths keep bytes that are no UTF-8 as surrogates, which ASCII JSON can hold."""
        culprit = self.culprit
        return {
            "code": CHECKS[self.check].code,
            "check": self.check,
            "severity": self.severity,
            "subject": culprit.subject,
            "reason": culprit.reason,
            "split": culprit.split,
            "path": culprit.path,
            "other": culprit.other,
        }


@dataclass(frozen=True)
class Finding:
    """What one check found in one split.

    Attributes:
        check: A key of CHECKS.
        split: "train" or "validation".
        severity: "error" or "warning".
        count: Number of culprits, at least 1.
        examples: The first of them, in the order to tell them; at most EXAMPLES.
    """

    check: str
    split: str
    severity: Grade
    count: int
    examples: tuple[Culprit, ...]
