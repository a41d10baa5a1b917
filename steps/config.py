"""What the rooms' sections of the config are made of: the base model, field types and problems."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True)
class Problem:
    """Something wrong with a section that its field types cannot say.

    Attributes:
        code: Code of the finding, such as C203.
        path: Keys that lead to the culprit, from the section down.
        message: What is wrong, in one sentence without a full stop.
        hint: How to fix it.
        why: The reason or the evidence, where the message alone may not convince.
        severity: "error" or "warning".
        reads: Keys of the other values that it rests on, from the section down. If one of them is wrong
            itself, there may be no problem, and none is reported. Warnings need none: they are told of
            configs without errors only.
    """

    code: str
    path: tuple[str | int, ...]
    message: str
    hint: str
    why: str | None = None
    severity: Literal["error", "warning"] = "error"
    reads: tuple[tuple[str | int, ...], ...] = ()


class Section(BaseModel):
    """A mapping of the config: frozen, without unknown keys, and without conversions between types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    def problems(self) -> Iterator[Problem]:
        """What is wrong with this section that the types of its fields cannot say."""
        return iter(())


@dataclass(frozen=True)
class Form:
    """The form of a text field, for its validator, for its error message and for editors.

    Attributes:
        pattern: Regular expression that the whole text must match.
        noun: What the field holds, with an article.
        example: A text of this form.
        max_length: Longest text allowed, in characters.
    """

    pattern: str
    noun: str
    example: str
    max_length: int = 1024

    def check(self, text: str) -> str:
        """Return `text` if it has this form.

        Raises:
            PydanticCustomError: If it has not. The error's context holds this object's fields.
        """
        if len(text) > self.max_length:
            raise PydanticCustomError("text_length", "longer than {max_length} characters", asdict(self))
        if not re.fullmatch(self.pattern, text):
            raise PydanticCustomError("text_form", "not {noun}", asdict(self))
        return text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        limits = {"pattern": f"^{self.pattern}$", "maxLength": self.max_length}
        return {**handler(schema), **limits, "examples": [self.example]}


@dataclass(frozen=True)
class OneOrMore:
    """Lets a field of type `tuple[str, ...]` take one text, or a list of texts that all differ.

    Attributes:
        most: Longest list allowed.
    """

    most: int

    def collect(self, value: Any) -> Any:
        """Make a tuple of a text or a list; leave everything else to the field's own error.

        Raises:
            PydanticCustomError: If the list is empty or too long, or an item appears twice.
        """
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list):
            return value
        if not value:
            raise PydanticCustomError("too_short", "an empty list", {"min_length": 1})
        if len(value) > self.most:
            lengths = {"max_length": self.most, "actual_length": len(value)}
            raise PydanticCustomError("too_long", "more than {max_length} items", lengths)
        repeated = [item for item, count in Counter(map(str, value)).items() if count > 1]
        if repeated:
            raise PydanticCustomError("repeated", "{item} appears twice", {"item": repeated[0]})
        return tuple(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.collect, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        several = handler(schema)
        limits = {"minItems": 1, "maxItems": self.most, "uniqueItems": True}
        return {"anyOf": [several["items"], {**several, **limits}]}


_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds(duration: str) -> int:
    """Whole seconds of a duration such as 90m."""
    return int(duration[:-1]) * _SECONDS[duration[-1]]


@dataclass(frozen=True)
class AtMost:
    """Limits a duration to `most`, written like a duration."""

    most: str

    def __call__(self, duration: str) -> str:
        """Return `duration` if it is not longer.

        Raises:
            PydanticCustomError: It is.
        """
        if seconds(duration) > seconds(self.most):
            raise PydanticCustomError("duration_length", "longer than {most}", {"most": self.most})
        return duration


Duration = Form("[1-9][0-9]{0,6}[smhd]", "a duration: a whole number and s, m, h or d", "90m")

TrainingTime = Annotated[str, Duration, AfterValidator(AtMost("28d"))]
"""28 days are the longest that a training job can run (CreateTrainingJob, StoppingCondition)."""

ProcessingTime = Annotated[str, Duration, AfterValidator(AtMost("9d"))]
"""777,600 seconds are the longest that a processing job can run (CreateProcessingJob, StoppingCondition)."""

CachingTime = Annotated[str, Duration]


def iso_duration(duration: str) -> str:
    """A duration such as 90m as ISO 8601 writes it: PT90M."""
    unit = duration[-1].upper()
    return f"P{'' if unit == 'D' else 'T'}{duration[:-1]}{unit}"


InstanceType = Annotated[
    str, Form(r"ml\.[a-z0-9-]+\.[a-z0-9]+", "a SageMaker instance type", "ml.g5.xlarge", 64)
]
InstanceTypes = Annotated[tuple[InstanceType, ...], OneOrMore(most=10)]
"""In order of preference."""

ResourceName = Annotated[
    str,
    Form(
        "[a-zA-Z0-9](-*[a-zA-Z0-9])*",
        "a name of letters, digits and hyphens between them",
        "image-classification",
        63,
    ),
]
"""The form that AWS asks of model package groups and endpoints."""

_AVOIDED = r'#?%\^`"<>[]|'
"""Characters that S3's guide to object keys says to avoid or to take care of, and that cut a URL short, are
decoded in it or need quotes. Of those that it lists, letters beyond ASCII, braces and ~ do no harm.
Source: docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html."""


@dataclass(frozen=True)
class Without:
    """Refuses some characters in a text.

    Attributes:
        characters: All of them.
        why: What they would do.
    """

    characters: str
    why: str

    def __call__(self, text: str) -> str:
        """Return `text` if none of the characters is in it.

        Raises:
            PydanticCustomError: One is. The error's context holds it and the reason.
        """
        found = next((one for one in text if one in self.characters), None)
        if found is not None:
            raise PydanticCustomError(
                "refused_character",
                "'{character}' may not be in it: {why}",
                {"character": found, "why": self.why},
            )
        return text


S3Prefix = Annotated[
    str,
    AfterValidator(Without(_AVOIDED, "programs that read S3 URIs as URLs cut the rest off, or change it")),
    Form(
        r's3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^/\s#?%\\^`"<>\[\]|][^\r\n\t#?%\\^`"<>\[\]|]*',
        "an S3 prefix below a bucket",
        "s3://my-bucket/images/train",
        1024,
    ),
]
ModelArtifact = Annotated[
    str,
    AfterValidator(Without(_AVOIDED, "programs that read S3 URIs as URLs cut the rest off, or change it")),
    Form(
        r's3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/([^/\s#?%\\^`"<>\[\]|][^\r\n\t#?%\\^`"<>\[\]|]*/)?model\.tar\.gz',
        "the S3 URI of a model.tar.gz",
        "s3://my-bucket/digits/model.tar.gz",
        1024,
    ),
]
VolumeSize = Annotated[int, Field(ge=1, le=16_384)]
"""Gigabytes."""


@dataclass(frozen=True)
class Share:
    """Marks a number from 0 to 1 that people also write as a percentage."""


Fraction = Annotated[float, Field(ge=0.0, le=1.0), Share()]
