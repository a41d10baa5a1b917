"""What the pipeline's role and whoever drives it must be allowed to do, as data.

Sources, in Amazon SageMaker's developer guide: "SageMaker AI execution roles" and "IAM access management" of
Pipelines. Jobs and models of a pipeline are called pipelines-<execution id>-<step>-<suffix>.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.account import AccountFacts
from pipeline.config.model import PipelineConfig
from pipeline.s3_uri import split_uri

SERVICE = "sagemaker.amazonaws.com"
"""Who takes on the role."""


@dataclass(frozen=True)
class Statement:
    """One statement of a policy that allows something: each action on each resource.

    Attributes:
        sid: Its name in the policy.
        actions: Such as s3:GetObject.
        resources: ARNs, * standing for anything.
        operator: Operator of its one condition, such as StringEquals; empty where there is none.
        key: What that condition looks at, such as s3:prefix.
        values: What it may be.
        simulated: Whether a policy without it is surely too narrow.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    operator: str = ""
    key: str = ""
    values: tuple[str, ...] = ()
    simulated: bool = True

    def to_json(self) -> dict[str, object]:
        """The statement as IAM takes it."""
        condition = {"Condition": {self.operator: {self.key: _one_or_more(self.values)}}}
        return {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": _one_or_more(self.actions),
            "Resource": _one_or_more(self.resources),
            **(condition if self.operator else {}),
        }


@dataclass(frozen=True)
class Scope:
    """What the statements are about.

    Attributes:
        facts: The account, its region, the bucket of code and results, and the role.
        pipeline: Name of the pipeline.
        group: Model package group.
        endpoint: None if nothing is deployed.
        data: S3 URIs of the images.
        model: S3 URI of the earlier model that training begins with, if any.
        in_vpc: Whether jobs and models run in subnets of the account.
        keys: KMS keys: disks' and results' by "volume" and "output".
    """

    facts: AccountFacts
    pipeline: str
    group: str
    endpoint: str | None
    data: tuple[str, ...]
    model: str | None = None
    in_vpc: bool = False
    keys: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, config: PipelineConfig, facts: AccountFacts) -> Scope:
        """What a config is about."""
        given = {"volume": config.encryption.volume_key, "output": config.encryption.output_key}
        return cls(
            facts=facts,
            pipeline=config.name,
            group=config.group,
            endpoint=config.endpoint if config.deploy.when == "gate" else None,
            data=tuple(config.data.prefixes.values()),
            model=config.train.initial_model,
            in_vpc=config.network.subnets is not None,
            keys={use: key for use, key in given.items() if key is not None},
        )

    def arn(self, service: str, resource: str) -> str:
        """The ARN of something in the account and region."""
        return f"arn:{self.facts.partition}:{service}:{self.facts.region}:{self.facts.account}:{resource}"

    def s3(self, path: str) -> str:
        """The ARN of a bucket, or of objects in one."""
        return f"arn:{self.facts.partition}:s3:::{path}"

    def key_arn(self, key: str) -> str:
        """The ARN of a KMS key that is given by its id, its alias or its ARN."""
        if key.startswith("arn:"):
            return key
        return self.arn("kms", key if key.startswith(("alias/", "key/")) else f"key/{key}")

    def buckets(self) -> dict[str, list[str]]:
        """Patterns of keys by bucket: of code and results first, then of images and models elsewhere."""
        own = f"{self.pipeline}/"
        found = {self.facts.bucket: [f"{own}*"]}
        read = [f"{uri.rstrip('/')}/*" for uri in self.data] + [self.model] * (self.model is not None)
        for bucket, pattern in (split_uri(uri) for uri in read if uri):
            if not (bucket == self.facts.bucket and pattern.startswith(own)):
                found.setdefault(bucket, []).append(pattern)
        return found


def role_statements(scope: Scope) -> tuple[Statement, ...]:
    """What the role needs, which the pipeline, its jobs and its endpoint act as."""
    return (*_jobs(scope), *_models(scope), *_endpoint(scope), *_surroundings(scope), *_shields(scope))


def caller_statements(scope: Scope) -> tuple[Statement, ...]:
    """What whoever runs `imgpipe` needs."""
    return (*_pipeline(scope), *_registry(scope), *_asking(scope), *_passing(scope), *_storage(scope))


MORE_INSIGHT = Statement(
    "MoreInsight",
    ("iam:SimulatePrincipalPolicy", "servicequotas:ListServiceQuotas", "pricing:GetProducts"),
    ("*",),
)
"""What makes `imgpipe doctor` and `imgpipe plan` say more; nothing else needs it."""


def _allow(sid: str, resource: str, *actions: str, simulated: bool = True) -> Statement:
    return Statement(sid, actions, (resource,), simulated=simulated)


def _jobs(scope: Scope) -> Iterator[Statement]:
    kinds = {"Processing": "processing-job", "Training": "training-job", "Transform": "transform-job"}
    for kind, resource in kinds.items():
        verbs = [f"sagemaker:{verb}{kind}Job" for verb in ("Create", "Describe", "Stop")]
        # Pipelines tag each job with the execution and the step.
        jobs = scope.arn("sagemaker", f"{resource}/pipelines-*")
        yield _allow(kind, jobs, *verbs, "sagemaker:AddTags")


def _models(scope: Scope) -> Iterator[Statement]:
    yield _allow(
        "Models", scope.arn("sagemaker", "model/pipelines-*"),
        "sagemaker:CreateModel", "sagemaker:DescribeModel", "sagemaker:AddTags",
    )  # fmt: skip
    register = ("sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage", "sagemaker:AddTags")
    yield _allow("Packages", scope.arn("sagemaker", f"model-package/{scope.group}/*"), *register)
    # It is not documented which of the two resources IAM asks for when a version is made.
    group = scope.arn("sagemaker", f"model-package-group/{scope.group}")
    yield _allow("PackagesOfTheGroup", group, *register, simulated=False)


def _endpoint(scope: Scope) -> Iterator[Statement]:
    if scope.endpoint is None:
        return
    endpoint = scope.arn("sagemaker", f"endpoint/{scope.endpoint}")
    configs = scope.arn("sagemaker", f"endpoint-config/{scope.endpoint}-*")
    bring = ("sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint", "sagemaker:AddTags")
    yield Statement("Endpoint", bring, (endpoint, configs))
    yield _allow("EndpointStatus", endpoint, "sagemaker:DescribeEndpoint")
    yield _allow(
        "EndpointConfigs", configs, "sagemaker:CreateEndpointConfig", "sagemaker:DescribeEndpointConfig"
    )


def _surroundings(scope: Scope) -> Iterator[Statement]:
    yield Statement(
        "PassItselfOn",
        ("iam:PassRole",),
        (scope.facts.role,),
        "StringEquals",
        "iam:PassedToService",
        (SERVICE,),
    )
    yield from _reading_and_writing(scope)
    yield _allow(
        "Logs", scope.arn("logs", "log-group:/aws/sagemaker/*"), "logs:CreateLogGroup",
        "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams",
    )  # fmt: skip
    yield _allow("Metrics", "*", "cloudwatch:PutMetricData")
    yield _allow("ImageRegistry", "*", "ecr:GetAuthorizationToken")
    facts = scope.facts
    # The images lie in accounts of AWS, another one in each region.
    images = f"arn:{facts.partition}:ecr:{facts.region}:*:repository"
    yield Statement(
        "Images",
        ("ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"),
        (f"{images}/image-classification", f"{images}/sagemaker-scikit-learn"),
    )


def _reading_and_writing(scope: Scope) -> Iterator[Statement]:
    for number, (bucket, patterns) in enumerate(scope.buckets().items()):
        suffix = _name(bucket) if number else ""
        read = list(patterns)
        if not number:
            yield _allow("Results", scope.s3(f"{bucket}/{read.pop(0)}"), "s3:GetObject", "s3:PutObject")
        if read:
            objects = tuple(scope.s3(f"{bucket}/{pattern}") for pattern in read)
            yield Statement(f"Data{suffix}", ("s3:GetObject",), objects)
        # A job lists what its S3 URI names, with or without the slash at its end.
        prefixes = [text for one in patterns for text in dict.fromkeys((one.removesuffix("/*"), one))]
        yield Statement(
            f"Listing{suffix}",
            ("s3:ListBucket",),
            (scope.s3(bucket),),
            "StringLike",
            "s3:prefix",
            tuple(prefixes),
        )


def _shields(scope: Scope) -> Iterator[Statement]:
    if scope.in_vpc:
        yield _allow(
            "Network", "*", "ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission",
            "ec2:DeleteNetworkInterface", "ec2:DeleteNetworkInterfacePermission",
            "ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcs", "ec2:DescribeDhcpOptions",
            "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups",
        )  # fmt: skip
    uses = {
        "volume": ("VolumeKey", ("kms:CreateGrant", "kms:DescribeKey")),
        "output": ("OutputKey", ("kms:GenerateDataKey", "kms:Encrypt", "kms:Decrypt", "kms:DescribeKey")),
    }
    for use, key in scope.keys.items():
        sid, actions = uses[use]
        # IAM does not take an alias for the key behind it.
        yield _allow(sid, scope.key_arn(key), *actions, simulated="alias/" not in key)


def _pipeline(scope: Scope) -> Iterator[Statement]:
    pipeline = scope.arn("sagemaker", f"pipeline/{scope.pipeline}")
    yield _allow(
        "Pipeline", pipeline, "sagemaker:CreatePipeline", "sagemaker:UpdatePipeline",
        "sagemaker:DescribePipeline", "sagemaker:StartPipelineExecution", "sagemaker:ListPipelineExecutions",
        "sagemaker:ListPipelineVersions", "sagemaker:ListTags", "sagemaker:AddTags", "sagemaker:DeleteTags",
    )  # fmt: skip
    # Whether IAM asks for the pipeline or for the version is not documented.
    versions = (pipeline, f"{pipeline}/version/*")
    yield Statement("Versions", ("sagemaker:UpdatePipelineVersion",), versions, simulated=False)
    yield _allow(
        "Executions", f"{pipeline}/execution/*", "sagemaker:DescribePipelineExecution",
        "sagemaker:DescribePipelineDefinitionForExecution", "sagemaker:ListPipelineExecutionSteps",
        "sagemaker:ListPipelineParametersForExecution", "sagemaker:StopPipelineExecution",
        "sagemaker:RetryPipelineExecution",
    )  # fmt: skip


def _registry(scope: Scope) -> Iterator[Statement]:
    yield _allow(
        "Group", scope.arn("sagemaker", f"model-package-group/{scope.group}"),
        "sagemaker:DescribeModelPackageGroup", "sagemaker:CreateModelPackageGroup",
        "sagemaker:ListTags", "sagemaker:AddTags", "sagemaker:DeleteTags",
    )  # fmt: skip
    packages = scope.arn("sagemaker", f"model-package/{scope.group}/*")
    yield _allow("Models", packages, "sagemaker:DescribeModelPackage")
    # Which resource IAM asks for when they are listed is not documented.
    yield _allow("Listing", "*", "sagemaker:ListModelPackages", simulated=False)


def _passing(scope: Scope) -> Iterator[Statement]:
    role = (scope.facts.role,)
    yield Statement("PassTheRole", ("iam:PassRole",), role, "StringEquals", "iam:PassedToService", (SERVICE,))
    yield Statement("SeeTheRole", ("iam:GetRole",), role)


def _asking(scope: Scope) -> Iterator[Statement]:
    yield _allow(
        "Reports", scope.arn("sagemaker", "processing-job/pipelines-*"), "sagemaker:DescribeProcessingJob"
    )
    if scope.endpoint is None:
        return
    endpoint = scope.arn("sagemaker", f"endpoint/{scope.endpoint}")
    actions = ("sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint", "sagemaker:DeleteEndpoint")
    yield _allow("Endpoint", endpoint, *actions)
    configs = scope.arn("sagemaker", f"endpoint-config/{scope.endpoint}-*")
    yield _allow(
        "EndpointConfigs", configs, "sagemaker:DescribeEndpointConfig", "sagemaker:DeleteEndpointConfig"
    )
    yield _allow("Served", scope.arn("sagemaker", "model/pipelines-*"), "sagemaker:DescribeModel")


def _storage(scope: Scope) -> Iterator[Statement]:
    for number, (bucket, patterns) in enumerate(scope.buckets().items()):
        objects = tuple(scope.s3(f"{bucket}/{pattern}") for pattern in patterns)
        suffix = _name(bucket) if number else ""
        yield Statement(f"Objects{suffix}", ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), objects)
        # Looking whether the bucket is there names no prefix, so none can be asked for.
        yield _allow(f"ListObjects{suffix}", scope.s3(bucket), "s3:ListBucket")
    yield _allow(
        "Logs", scope.arn("logs", "log-group:/aws/sagemaker/*"), "logs:DescribeLogStreams",
        "logs:GetLogEvents", "logs:FilterLogEvents",
    )  # fmt: skip


def _name(*parts: str) -> str:
    """Letters and digits, as a Sid may have."""
    return "".join(letter for letter in "".join(parts).title() if letter.isalnum())


def _one_or_more(texts: tuple[str, ...]) -> str | list[str]:
    return texts[0] if len(texts) == 1 else list(texts)
