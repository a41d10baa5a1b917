"""The machines of steps: families that AWS has withdrawn, and storage that is not as it is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.checks.substitution import evaluated
from pipeline.language import evaluation, expressions
from pipeline.language.definition import Definition, Step
from pipeline.language.expressions import ExpressionError, Parameter
from pipeline.language.parameters import Value
from pipeline.language.problem import Path, Problem, of_step
from steps.instance_types import SOURCE
from steps.instances import RETIRED, family, has_local_storage, local_storage

_FORM = re.compile(r"ml\.[a-z0-9-]+\.[a-z0-9]+")


@dataclass(frozen=True)
class Choice:
    """An instance type that a machine may get.

    Attributes:
        type: Such as ml.g5.xlarge.
        parameter: Name of the pipeline parameter that it comes from, if any.
        chosen: Whether it is the one that the machine gets as things stand, and no other choice.
    """

    type: str
    parameter: str | None = None
    chosen: bool = True

    def __str__(self) -> str:
        if self.parameter is None:
            return self.type
        return f"{self.type}, {'the value' if self.chosen else 'a choice'} of parameter '{self.parameter}',"


@dataclass(frozen=True)
class Machine:
    """An object in a step's Arguments with an InstanceType.

    Attributes:
        path: Where it stands in the Arguments.
        members: The object, with what is known in the place of expressions.
        outer_key: VolumeKmsKeyId of the object that it is in, as the key of an instance group is given.
        choices: The instance types, the chosen one first; only those that have the form of one.
    """

    path: Path
    members: Mapping[str, object]
    outer_key: object
    choices: tuple[Choice, ...]


def problems(definition: Definition, values: Mapping[str, Value]) -> Iterator[Problem]:
    """What AWS does otherwise than the machines of a definition ask for."""
    told: set[tuple[str, str | None]] = set()
    for step in definition.steps.values():
        yield from of_step(step.name, _in_step(step, definition, values, told))


def machines(step: Step, definition: Definition, values: Mapping[str, Value]) -> Iterator[Machine]:
    """All machines of a step."""
    for path, raw, around in _objects(step.arguments, (), {}):
        if "InstanceType" in raw:
            members = {key: evaluated(item, values) for key, item in raw.items()}
            key = evaluated(around.get("VolumeKmsKeyId"), values)
            choices = tuple(_choices(raw["InstanceType"], members["InstanceType"], definition))
            yield Machine(path, members, key, choices)


def _objects(
    value: object, path: Path, around: Mapping[str, object]
) -> Iterator[tuple[Path, Mapping[str, object], Mapping[str, object]]]:
    """Every object in a value, with its path and the object that it is in."""
    if isinstance(value, Mapping):
        yield path, value, around
        for key, item in value.items():
            yield from _objects(item, (*path, key), value)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _objects(item, (*path, index), around)


def _choices(raw: object, value: object, definition: Definition) -> Iterator[Choice]:
    parameter = _parameter(raw)
    declared = definition.parameters.get(parameter) if parameter is not None else None
    name = declared.name if declared else None
    given = [Choice(value, name)] if isinstance(value, str) else []
    others = [one for one in (declared.choices if declared else ()) if one != value]
    given += [Choice(str(one), name, chosen=False) for one in others]
    yield from (one for one in given if _FORM.fullmatch(one.type))


def _parameter(raw: object) -> str | None:
    try:
        if expressions.function_of(raw) == "Get":
            assert isinstance(raw, Mapping)
            reference = expressions.parse_reference(raw["Get"])
            return reference.name if isinstance(reference, Parameter) else None
    except ExpressionError:
        pass  # another check tells it
    return None


def _in_step(
    step: Step, definition: Definition, values: Mapping[str, Value], told: set[tuple[str, str | None]]
) -> Iterator[Problem]:
    arguments = (*step.path, "Arguments")
    for machine in machines(step, definition, values):
        place = (*arguments, *machine.path)
        for choice in machine.choices:
            if choice.chosen and family(choice.type) in RETIRED and _is_new(choice, told):
                yield _retired(choice, machine.choices, place)
            if step.type != "EndpointConfig":
                yield from _volume_key(choice, machine, place)
                yield from _volume_size(step.type, choice, machine, place)
    if step.type == "EndpointConfig":
        yield from _endpoint(step, definition, values)


def _is_new(choice: Choice, told: set[tuple[str, str | None]]) -> bool:
    """Whether this is the first step that a parameter's value is told for."""
    key = (choice.type, choice.parameter)
    new = choice.parameter is None or key not in told
    told.add(key)
    return new


def _retired(choice: Choice, choices: Sequence[Choice], place: Path) -> Problem:
    others = [one.type for one in choices if family(one.type) not in RETIRED]
    hint = "use a newer type, such as ml.g4dn.xlarge or ml.m5.xlarge"
    if others:
        hint = f"make {others[0]}, another of its choices, the default"
    message = f"{choice} belongs to a retired family"
    why = RETIRED[family(choice.type)]
    return Problem("C251", (*place, "InstanceType"), message, hint, why, "warning")


def _volume_key(choice: Choice, machine: Machine, place: Path) -> Iterator[Problem]:
    inside = bool(machine.members.get("VolumeKmsKeyId"))
    if not has_local_storage(choice.type) or not (inside or machine.outer_key):
        return
    where = (*place, "VolumeKmsKeyId") if inside else (*place[:-2], "VolumeKmsKeyId")
    message = f"{choice} takes no VolumeKmsKeyId: it keeps data on SSDs of its own"
    hint = "leave VolumeKmsKeyId out: these SSDs are always encrypted, with keys of their own"
    why = f"{SOURCE}, VolumeKmsKeyId: not with a type that has local storage"
    if choice.chosen:
        yield Problem("C222", where, message, hint, why)
    else:
        yield Problem("C272", where, message, f"{hint}; or take {choice.type} out", why, "warning")


def _volume_size(kind: str, choice: Choice, machine: Machine, place: Path) -> Iterator[Problem]:
    size, storage = machine.members.get("VolumeSizeInGB"), local_storage(choice.type)
    if not choice.chosen or storage is None or not isinstance(size, int) or size <= storage:
        return
    path = (*place, "VolumeSizeInGB")
    message = f"{choice} has {storage} GB of storage, and gets no more: {size} GB are asked for"
    hint = "use a larger size of the family, or a smaller volume"
    if kind in ("Processing", "ClarifyCheck", "QualityCheck"):
        why = f"{SOURCE}, ProcessingClusterConfig.VolumeSizeInGB: not more than the local storage"
        yield Problem("C223", path, message, hint, why)
    elif kind in ("Training", "Tuning"):
        why = f"{SOURCE}, ResourceConfig.VolumeSizeInGB: storage is fixed for types with SSDs of their own"
        yield Problem("C270", path, message, hint, why, "warning")


_NOT_SERVERLESS = ("VpcConfig", "EnableNetworkIsolation")
_SERVERLESS = "docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html"


def _endpoint(step: Step, definition: Definition, values: Mapping[str, Value]) -> Iterator[Problem]:
    arguments = evaluated(step.arguments, values)
    assert isinstance(arguments, Mapping)
    path = (*step.path, "Arguments")
    if arguments.get("KmsKeyId"):
        choices = (choice for one in machines(step, definition, values) for choice in one.choices)
        local = [choice for choice in choices if choice.chosen and has_local_storage(choice.type)]
        for choice in local[:1]:
            yield Problem(
                "C271",
                (*path, "KmsKeyId"),
                f"{choice} keeps data on SSDs of its own, which KmsKeyId does not encrypt",
                "leave it out, or use a type without such SSDs, such as ml.m5.xlarge",
                f"{SOURCE}, CreateEndpointConfig.KmsKeyId: they are encrypted with keys of their own",
                "warning",
            )
    yield from _serverless(arguments, path)
    yield from _serverless_models(step, arguments, definition, values)


def _serverless(arguments: Mapping[str, object], path: Path) -> Iterator[Problem]:
    variants = arguments.get("ProductionVariants")
    if not isinstance(variants, list):
        return
    configs = [one.get("ServerlessConfig") if isinstance(one, Mapping) else None for one in variants]
    for index, config in enumerate(configs):
        memory = config.get("MemorySizeInMB") if isinstance(config, Mapping) else None
        if isinstance(memory, int) and memory % 1024:
            yield Problem(
                "C225",
                (*path, "ProductionVariants", index, "ServerlessConfig", "MemorySizeInMB"),
                f"MemorySizeInMB is {memory}, and comes in steps of 1024",
                f"write {min(-(-memory // 1024), 6) * 1024}",
                f"{SOURCE}, ProductionVariantServerlessConfig.MemorySizeInMB",
            )
    if not any(configs):
        return
    if len(variants) > 1:
        hint = "keep one variant, or use machines"
        message = f"a serverless endpoint has one variant, not {len(variants)}"
        yield Problem("C225", (*path, "ProductionVariants"), message, hint, _SERVERLESS)
    for member in _NOT_SERVERLESS:
        if arguments.get(member) and arguments[member] is not evaluation.UNKNOWN:
            message = f"a serverless endpoint takes no {member}"
            yield Problem("C225", (*path, member), message, f"leave {member} out", _SERVERLESS)


def _serverless_models(
    step: Step, arguments: Mapping[str, object], definition: Definition, values: Mapping[str, Value]
) -> Iterator[Problem]:
    """What the models behind a serverless endpoint have that it does not take."""
    variants = arguments.get("ProductionVariants")
    raw = step.arguments.get("ProductionVariants")
    for index, variant in enumerate(variants if isinstance(variants, list) else ()):
        if not isinstance(variant, Mapping) or not variant.get("ServerlessConfig"):
            continue
        assert isinstance(raw, list)
        model = _creator(raw[index].get("ModelName"), definition)
        asked = {key: evaluated(item, values) for key, item in model.arguments.items()} if model else {}
        for member in _NOT_SERVERLESS:
            if asked.get(member) and asked[member] is not evaluation.UNKNOWN:
                assert model is not None
                path = (*step.path, "Arguments", "ProductionVariants", index, "ServerlessConfig")
                message = f"a serverless endpoint takes no {member}, which its model '{model.name}' has"
                yield Problem("C225", path, message, f"leave {member} out, or use machines", _SERVERLESS)


def _creator(name: object, definition: Definition) -> Step | None:
    """The Model step that a model's name comes from."""
    for reference in expressions.references(name):
        if isinstance(reference, expressions.Property):
            step = definition.steps.get(reference.step)
            return step if step is not None and step.type == "Model" else None
    return None
