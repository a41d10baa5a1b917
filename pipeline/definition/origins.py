"""Where in the config a part of a built definition comes from, so that findings can show it in the YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.definition.settings import KEYS

Path = tuple[str | int, ...]

_SECTIONS = {
    "ValidateImages": "validate",
    "TrainModel": "train",
    "CreateModel": "score",
    "ScoreValidation": "score",
    "EvaluateModel": "evaluate",
    "AccuracyGate": "gate",
    "RejectModel": "gate",
    "RegisterModel": "register",
    "CreateEndpointConfig": "deploy",
    "DeployEndpoint": "deploy",
}
"""The section that a step is made from."""

_NETWORK = {
    "EnableInterContainerTrafficEncryption": "encrypt_traffic",
    "EnableNetworkIsolation": "isolation",
    "VpcConfig": "subnets",
    "VpcConfig.SecurityGroupIds": "security_groups",
}
_MEMBERS: dict[str, dict[str, Path]] = {
    "": {
        "CacheConfig": ("caching",),
        "Arguments.RoleArn": ("role",),
        "Arguments.ExecutionRoleArn": ("role",),
        **{f"Arguments.{member}": ("network", key) for member, key in _NETWORK.items()},
        **{f"Arguments.NetworkConfig.{member}": ("network", key) for member, key in _NETWORK.items()},
    },
    "TrainModel": {
        "Arguments.AlgorithmSpecification.TrainingImage": ("train", "algorithm"),
        "Arguments.AlgorithmSpecification.TrainingInputMode": ("train", "input_mode"),
        "Arguments.CheckpointConfig": ("train", "spot", "checkpoints"),
        "Arguments.EnableManagedSpotTraining": ("train", "spot"),
        "Arguments.Environment.IMGPIPE_PRETRAINED_WEIGHTS": ("train", "pretrained", "weights"),
        "Arguments.Environment.IMGPIPE_WITHOUT_PRETRAINED": ("train", "pretrained", "when_missing"),
        "Arguments.HyperParameters": ("train", "hyperparameters"),
        "Arguments.InputDataConfig.InputMode": ("train", "input_mode"),
    },
    "RegisterModel": {
        "Arguments.InferenceSpecification.SupportedRealtimeInferenceInstanceTypes": (
            "deploy",
            "instance_type",
        ),
        "Arguments.InferenceSpecification.SupportedTransformInstanceTypes": ("score", "instance_type"),
        "Arguments.ModelPackageGroupName": ("register", "group"),
    },
    "CreateEndpointConfig": {"Arguments.EndpointConfigName": ("deploy", "endpoint")},
    "DeployEndpoint": {"Arguments.EndpointName": ("deploy", "endpoint")},
}
"""By step, "" for all, and by member without the indexes of lists: the key that sets it, if that is no
parameter."""


def origin(document: Mapping[str, Any], path: Path) -> Path:
    """The key of the config that a value of a built definition comes from.

    Args:
        document: The definition.
        path: Where the value stands in it, such as ("Steps", 1, "Arguments", "RoleArn").

    Returns:
        The key, or the section that the step is made from where no key sets the value, or () where no
        section does.
    """
    nodes = list(_nodes(document, path))
    if path[:1] == ("Parameters",) and len(nodes) > 2:
        return KEYS.get(str(nodes[2].get("Name")), ())
    for node in (*nodes, *_only_reference(nodes[-1])):
        if (key := _parameter_key(node)) is not None:
            return key
    start = max((depth for depth, node in enumerate(nodes) if _is_step(node)), default=None)
    if start is None:
        return ()
    step = nodes[start]
    section = _SECTIONS.get(str(step["Name"]))
    return () if section is None else _key_of(step, section, path[start:])


def _nodes(document: Mapping[str, Any], path: Path) -> Iterator[Any]:
    """The document, and what the steps of the path lead to as far as there is something."""
    node: Any = document
    yield node
    for step in path:
        try:
            node = node[step]
        except (LookupError, TypeError):
            return
        yield node


def _is_step(node: Any) -> bool:
    return isinstance(node, Mapping) and {"Name", "Type", "Arguments"} <= set(node)


def _parameter_key(node: Any) -> Path | None:
    """The key of the parameter that a Get names."""
    if not isinstance(node, Mapping) or set(node) != {"Get"}:
        return None
    scope, _, name = str(node["Get"]).partition(".")
    return KEYS.get(name) if scope == "Parameters" else None


def _only_reference(node: Any) -> Iterator[Any]:
    """What a Std:Join of one value joins: a parameter that is made a text."""
    if isinstance(node, Mapping) and set(node) == {"Std:Join"} and len(node["Std:Join"]["Values"]) == 1:
        yield node["Std:Join"]["Values"][0]


def _key_of(step: Mapping[str, Any], section: str, path: Path) -> Path:
    """The key that a part of a step comes from; the path starts at the step."""
    members = tuple(one for one in path if isinstance(one, str))
    for start in ("", step["Name"]):
        found = _longest(_MEMBERS.get(start, {}), members)
        if found is not None:
            return found
    if path[:1] == ("RetryPolicies",):
        return (section, "retry")
    if path[:2] == ("Arguments", "Tags"):
        return _tag(step, path)
    if "Environment" in members[:-1]:
        return _variable(step, section, members)
    if path[:2] == ("Arguments", "Conditions") and len(path) > 2:
        return _parameter_key(step["Arguments"]["Conditions"][path[2]].get("RightValue")) or (section,)
    return (section,)


def _longest(table: Mapping[str, Path], members: tuple[str, ...]) -> Path | None:
    for length in range(len(members), 0, -1):
        if (key := table.get(".".join(members[:length]))) is not None:
            return key
    return None


def _tag(step: Mapping[str, Any], path: Path) -> Path:
    return ("tags", str(step["Arguments"]["Tags"][path[2]].get("Key"))) if len(path) > 2 else ("tags",)


def _variable(step: Mapping[str, Any], section: str, members: tuple[str, ...]) -> Path:
    """An environment variable of the team, or of the pipeline itself."""
    name = members[members.index("Environment") + 1]
    if name.startswith("IMGPIPE_"):
        return (section,)
    # The container of a registered model is the one that the section `score` describes.
    return ("score" if step["Name"] == "RegisterModel" else section, "environment", name)
