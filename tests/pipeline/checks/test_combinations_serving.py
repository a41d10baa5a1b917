from __future__ import annotations

import pytest

from tests.pipeline.checks.steps import ABSENT, ARGUMENTS, IMAGE, Json, changed, conflicts, problems_of, twice

SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
VARIANT = "ProductionVariants.0"


def serverless(**changes: object) -> Json:
    variant = {"VariantName": "all", "ModelName": "model", "ServerlessConfig": {**SERVERLESS, **changes}}
    return {"ProductionVariants": [variant]}


CASES: dict[str, tuple[str, Json, list[tuple[str, str, str, str]]]] = {
    "two sorts of containers": (
        "Model",
        changed("Model", "Containers", [{"Image": IMAGE}]),
        [
            (
                "D221",
                "Containers",
                "CreateModel has both PrimaryContainer and Containers",
                "remove one of the two",
            )
        ],
    ),
    "tags": (
        "Model",
        changed(
            "Model",
            "Tags",
            [{"Key": "team", "Value": "a"}, {"Key": "team", "Value": "b"}, {"Key": "AWS:x", "Value": ""}],
        ),
        [
            ("D224", "Tags.1.Key", 'Tags has two items with the Key "team"', "give each its own"),
            (
                "D229",
                "Tags.2.Key",
                'Tags[2].Key is "AWS:x", and AWS keeps aws: for tags of its own',
                "choose another key",
            ),
        ],
    ),
    "model without a container": (
        "Model",
        changed("Model", "PrimaryContainer", ABSENT),
        [
            (
                "D222",
                "",
                "CreateModel has neither PrimaryContainer nor Containers",
                "add PrimaryContainer or Containers",
            )
        ],
    ),
    "package of a group with tags": (
        "RegisterModel",
        changed("RegisterModel", "Tags", [{"Key": "team", "Value": "vision"}]),
        [
            (
                "D221",
                "Tags",
                "CreateModelPackage has both ModelPackageGroupName and Tags",
                "tag the group: its packages use the group's tags",
            )
        ],
    ),
    "package in and out of a group": (
        "RegisterModel",
        changed("RegisterModel", "ModelPackageName", "package"),
        [
            (
                "D221",
                "ModelPackageName",
                "CreateModelPackage has both ModelPackageGroupName and ModelPackageName",
                "remove one of the two",
            )
        ],
    ),
    "large payload": (
        "Transform",
        changed("Transform", "MaxPayloadInMB", 101),
        [("D226", "MaxPayloadInMB", "MaxPayloadInMB is 101, and 100 MB are the most", "use 100 or less")],
    ),
    "many payloads": (
        "Transform",
        {**ARGUMENTS["Transform"], "MaxPayloadInMB": 30, "MaxConcurrentTransforms": 4},
        [
            (
                "D226",
                "MaxPayloadInMB",
                "MaxPayloadInMB is 30, 4 times at once, and 100 MB are the most",
                "use 25 or less",
            )
        ],
    ),
    "machines and serverless": (
        "EndpointConfig",
        changed("EndpointConfig", f"{VARIANT}.ServerlessConfig", SERVERLESS),
        [
            (
                "D225",
                f"{VARIANT}.InstanceType",
                "ProductionVariants[0] has both ServerlessConfig and InstanceType",
                "remove InstanceType: serverless has no machines",
            ),
            (
                "D225",
                f"{VARIANT}.InitialInstanceCount",
                "ProductionVariants[0] has both ServerlessConfig and InitialInstanceCount",
                "remove InitialInstanceCount: serverless has no machines",
            ),
        ],
    ),
    "neither machines nor serverless": (
        "EndpointConfig",
        {"ProductionVariants": [{"VariantName": "all", "ModelName": "model"}]},
        [
            (
                "D222",
                VARIANT,
                "ProductionVariants[0] has neither InstanceType nor ServerlessConfig",
                "add InstanceType and InitialInstanceCount, or ServerlessConfig",
            )
        ],
    ),
    "variant without a number of machines": (
        "EndpointConfig",
        changed("EndpointConfig", f"{VARIANT}.InitialInstanceCount", ABSENT),
        [
            (
                "D222",
                VARIANT,
                "ProductionVariants[0] has no InitialInstanceCount beside InstanceType",
                "add InitialInstanceCount",
            )
        ],
    ),
    "more ready than there may be": (
        "EndpointConfig",
        serverless(ProvisionedConcurrency=6),
        [
            (
                "D225",
                f"{VARIANT}.ServerlessConfig.ProvisionedConcurrency",
                (
                    "ProductionVariants[0].ServerlessConfig.ProvisionedConcurrency is 6, "
                    "more than MaxConcurrency, 5"
                ),
                "use 5 or less",
            )
        ],
    ),
    "variants of one name": (
        "EndpointConfig",
        {"ProductionVariants": twice("EndpointConfig", "ProductionVariants")},
        [
            (
                "D224",
                "ProductionVariants.1.VariantName",
                'ProductionVariants has two items with the VariantName "all"',
                "give each its own",
            )
        ],
    ),
    "many variants in the shadow": (
        "EndpointConfig",
        {
            **ARGUMENTS["EndpointConfig"],
            "ShadowProductionVariants": [
                {**ARGUMENTS["EndpointConfig"]["ProductionVariants"][0], "VariantName": name} for name in "ab"
            ],
        },
        [
            (
                "D221",
                "ShadowProductionVariants",
                "ShadowProductionVariants has 2 variants, and shadowing takes one",
                "keep one production and one shadow variant",
            )
        ],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_what_does_not_go_together(case: tuple[str, Json, list[tuple[str, str, str, str]]]) -> None:
    kind, arguments, expected = case
    assert conflicts(kind, arguments) == expected


def test_a_serverless_variant_may_be_ready_as_often_as_it_may_run() -> None:
    assert problems_of("EndpointConfig", serverless(ProvisionedConcurrency=5)) == []
