"""Steps of a definition: what they are, and the table of their types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.language.graph import Branch
from pipeline.language.problem import Path

CONDITION = "Condition"
FAIL = "Fail"
FOR_EACH = "ForEach"

COMMON_KEYS = (
    "Name",
    "Type",
    "DisplayName",
    "Description",
    "DependsOn",
    "Arguments",
    "CacheConfig",
    "RetryPolicies",
)
"""Keys of a step of any type; which types have a use for the last two is not a matter of form."""

_CHECK = (
    "CheckType",
    "ModelPackageGroupName",
    "SkipCheck",
    "FailOnViolation",
    "RegisterNewBaseline",
    "SuppliedBaselineConstraints",
)

STEP_TYPES: Mapping[str, tuple[str, ...]] = {
    "AutoML": (),
    "Callback": ("SqsQueueUrl", "OutputParameters"),
    "ClarifyCheck": (*_CHECK, "ModelName"),
    "Cleanup": (),
    "Condition": (),
    "EMR": (),
    "EMRServerless": (),
    "Endpoint": (),
    "EndpointConfig": (),
    "Fail": (),
    "ForEach": (),
    "InferenceComponent": (),
    "Job": (),
    "Lambda": ("FunctionArn", "OutputParameters"),
    "Lineage": (),
    "Model": (),
    "Processing": ("PropertyFiles",),
    "QualityCheck": (*_CHECK, "SuppliedBaselineStatistics"),
    "RegisterModel": (),
    "Training": (),
    "Transform": (),
    "Tuning": (),
}
"""Every step type (StepTypeEnum of the SDK) and its keys besides the common ones."""


@dataclass(frozen=True)
class PropertyFile:
    """A JSON file among the outputs of a Processing step.

    Attributes:
        name: Its name in expressions.
        output: Name of the processing output.
        path: Path of the file inside that output.
    """

    name: str
    output: str
    path: str


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        name: Unique in the definition.
        type: Such as Training.
        arguments: Arguments as written, expressions unevaluated; without the steps inside a Condition or a
            ForEach step.
        depends_on: DependsOn as written: names, or objects with Step and Trigger.
        branch: Its place, if it is inside a Condition step.
        property_files: PropertyFiles by name.
        display_name: DisplayName, if any.
        description: Description, if any.
        raw: The step as written, for the keys that only some executors know.
        path: Where the step stands in the document, such as ("Steps", 5, "Arguments", "IfSteps", 0).
        loop: The ForEach step that it is inside of, if any.
    """

    name: str
    type: str
    arguments: Mapping[str, object]
    depends_on: tuple[object, ...]
    branch: Branch | None
    property_files: Mapping[str, PropertyFile]
    display_name: str | None
    description: str | None
    raw: Mapping[str, object]
    path: Path = ()
    loop: str | None = None


def step_names(depends_on: Sequence[object]) -> Iterator[str]:
    """The names in a DependsOn, with or without a trigger."""
    for item in depends_on:
        yield str(item["Step"] if isinstance(item, Mapping) and "Step" in item else item)
