"""What `Steps.<name>.<path>` can lead to: a table of step types, and the way along a path.

A step offers what the Describe operation for the thing that it makes answers. The types that make no such
thing offer what the SageMaker SDK lets one refer to (`properties` of its step classes).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Union

from pipeline.aws_model.service_model import operation, service
from pipeline.language.definition import Step
from pipeline.language.paths import Part, Path, shown
from pipeline.suggestion import listed, suggestion

if TYPE_CHECKING:
    from botocore.model import Shape

Offer = Union["Shape", Mapping[str, "Offer"], str]
"""What stands at a path: a shape, members by name, or the name of a type ("unknown" holds anything)."""

_TYPES = {
    "string": "string",
    "integer": "integer",
    "long": "integer",
    "float": "float",
    "double": "float",
    "boolean": "boolean",
    "list": "list",
    "structure": "structure",
    "map": "structure",
}
"""Types of botocore's shapes in the words of JSON; the service writes the others as it likes."""

_OUTPUT_TYPES = {"String": "string", "Integer": "integer", "Float": "float", "Boolean": "boolean"}


class NoPropertyError(ValueError):
    """A path leads nowhere; `hint` says where it may have been meant to lead."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def resolve(step: Step, path: Path) -> Offer:
    """What `Steps.<step>.<path>` stands for.

    Raises:
        NoPropertyError: The step has no such property.
    """
    offer = offered(step)
    for depth, part in enumerate(path):
        offer = _enter(offer, part, f"Steps.{step.name}{shown(path[:depth])}")
    return offer


def offered(step: Step) -> Offer:
    """What `Steps.<step>` stands for."""
    return _OFFERS[step.type](step) if step.type in _OFFERS else "unknown"


def type_name(offer: Offer) -> str:
    """Its type in the words of JSON, or "unknown"."""
    if isinstance(offer, str):
        return offer
    return "structure" if isinstance(offer, Mapping) else _TYPES.get(offer.type_name, "unknown")


def _enter(offer: Offer, part: Part, where: str) -> Offer:
    if offer == "unknown":
        return offer
    kind = type_name(offer)
    if kind == "list":
        return offer.member  # type: ignore[union-attr, no-any-return]
    if kind != "structure":
        raise NoPropertyError(
            f"{where} is {_WITH_ARTICLE[kind]} and has nothing inside", "end the path there"
        )
    if not isinstance(offer, Mapping) and not isinstance(offer, str) and offer.type_name == "map":
        return offer.value  # type: ignore[attr-defined, no-any-return]
    members: Mapping[str, Offer] = offer if isinstance(offer, Mapping) else offer.members  # type: ignore[union-attr]
    if not isinstance(part, str) or part not in members:
        raise NoPropertyError(f"{where} has no {part!r}", _instead(str(part), members, where))
    return members[part]


_WITH_ARTICLE = {
    "string": "text",
    "integer": "a whole number",
    "float": "a number",
    "boolean": "a Boolean",
    "unknown": "a value",
}


def _instead(name: str, members: Mapping[str, Offer], where: str) -> str | None:
    if members:
        return suggestion(name, members, f"it has {listed(sorted(members))}")
    if where.endswith(".OutputParameters"):
        return "declare it in the OutputParameters of that step"
    return "nothing of such a step can be referred to"


def _answer(name: str) -> Callable[[Step], Offer]:
    def offer(_step: Step) -> Offer:
        return _members(name)

    return offer


def _members(name: str, of: str = "sagemaker") -> Mapping[str, Offer]:
    shape = operation(name, of).output_shape
    assert shape is not None
    return dict(shape.members)


def _fixed(**members: str) -> Callable[[Step], Offer]:
    def offer(_step: Step) -> Offer:
        return members

    return offer


def _tuning(_step: Step) -> Offer:
    # The SDK's TuningStep offers both, for get_top_model_s3_uri.
    return {
        **_members("DescribeHyperParameterTuningJob"),
        **_members("ListTrainingJobsForHyperParameterTuningJob"),
    }


def _auto_ml(_step: Step) -> Offer:
    best = {"ModelInsightsJsonReportPath": "string", "ExplainabilityJsonReportPath": "string"}
    return {**_members("DescribeAutoMLJob"), "BestCandidateProperties": best}


def _emr(_step: Step) -> Offer:
    step = service("emr").shape_for("Step")
    own = {"ClusterId": "string", "ExecutionRoleArn": "string", "ClusterConfig": "unknown"}
    return {**step.members, **own}  # type: ignore[attr-defined]


def _emr_serverless(_step: Step) -> Offer:
    return _members("GetJobRun", "emr-serverless")


def _job(_step: Step) -> Offer:
    # The document is JSON in a string, and a path may go on inside.
    return {**_members("DescribeJob"), "JobConfigDocument": "unknown"}


def _outputs(step: Step) -> Offer:
    declared = step.raw.get("OutputParameters")
    outputs: dict[str, Offer] = {}
    for item in declared if isinstance(declared, list) else ():
        if isinstance(item, Mapping) and isinstance(item.get("OutputName"), str):
            outputs[item["OutputName"]] = _OUTPUT_TYPES.get(str(item.get("OutputType")), "unknown")
    return {"OutputParameters": outputs}


def _nothing(_step: Step) -> Offer:
    return {}


_OFFERS: dict[str, Callable[[Step], Offer]] = {
    "AutoML": _auto_ml,
    "Callback": _outputs,
    "ClarifyCheck": _fixed(
        CalculatedBaselineConstraints="string", BaselineUsedForDriftCheckConstraints="string"
    ),
    "Cleanup": _nothing,
    "Condition": _fixed(Outcome="unknown"),
    "EMR": _emr,
    "EMRServerless": _emr_serverless,
    "Endpoint": _answer("DescribeEndpoint"),
    "EndpointConfig": _answer("DescribeEndpointConfig"),
    "Fail": _nothing,
    "ForEach": _fixed(
        Status="string",
        InputItemCount="integer",
        TotalStepCount="integer",
        SucceededStepCount="integer",
        FailedStepCount="integer",
        StoppedStepCount="integer",
        IterationOutputs="unknown",
        Selected="unknown",
    ),
    "InferenceComponent": _answer("DescribeInferenceComponent"),
    "Job": _job,
    "Lambda": _outputs,
    "Lineage": _fixed(
        ActionArns="unknown", ArtifactArns="unknown", ContextArns="unknown", Associations="unknown"
    ),
    "Model": _answer("DescribeModel"),
    "Processing": _answer("DescribeProcessingJob"),
    "QualityCheck": _fixed(
        CalculatedBaselineConstraints="string",
        CalculatedBaselineStatistics="string",
        BaselineUsedForDriftCheckConstraints="string",
        BaselineUsedForDriftCheckStatistics="string",
    ),
    "RegisterModel": _answer("DescribeModelPackage"),
    "Training": _answer("DescribeTrainingJob"),
    "Transform": _answer("DescribeTransformJob"),
    "Tuning": _tuning,
}
