"""What docs/parity.md says of endpoints."""

from __future__ import annotations

from types import MappingProxyType

from pipeline.local.endpoints.clockwork import WAIT_SCALE

ENDPOINTS = MappingProxyType(
    {
        "InitialInstanceCount, DesiredInstanceCount": (
            "kept and shown; one process of the model's server answers for all instances"
        ),
        "weights, TargetVariant": "as on SageMaker; a variant of weight 0 takes only requests that name it",
        "InferenceId, CustomAttributes": (
            "sent to the model and captured; the model's own CustomAttributes are in the answer"
        ),
        "ServerlessConfig": (
            "the variant is served like any other; there are no limits of memory and concurrency"
        ),
        "BlueGreenUpdatePolicy: ALL_AT_ONCE, CANARY, LINEAR": (
            "the new servers take their share of the requests while the old ones run on. A share is exactly "
            "the percentage asked for, or instances of the step among all instances"
        ),
        "RollingUpdatePolicy": (
            "as LINEAR with a wait after each batch. The old servers end with the last batch, though "
            "CurrentInstanceCount goes down with each. Traffic goes back in batches of "
            "RollbackMaximumBatchSize, with WaitIntervalInSeconds between them (a guess); without it, at once"
        ),
        "WaitIntervalInSeconds, TerminationWaitInSeconds": (
            f"waited as asked, times the number from 0 to 1 in {WAIT_SCALE} of the server's "
            "environment (set it before `imgpipe local up`; 1 by default). WaitIntervalInSeconds has no "
            "effect with ALL_AT_ONCE"
        ),
        "MaximumExecutionTimeoutInSeconds": "ends the deployment, which is rolled back; never scaled",
        "AutoRollbackConfiguration": (
            "alarms must exist when the update is asked for; one that is in state ALARM, or deleted, at any "
            "moment of the deployment ends it (looked at each second). No metrics of endpoints are put into "
            "CloudWatch and moto computes no states: set them with SetAlarmState"
        ),
        "rollback": (
            "Updating, RollingBack, then InService on the old configuration with FailureReason, also when "
            "new servers do not come up. The texts of FailureReason are ours where AWS publishes none"
        ),
        "PendingDeploymentSummary": "shown while an endpoint is created, or moves to another configuration",
        "DataCaptureConfig": (
            "answers with status 2xx are captured, in a file of JSON lines each two seconds for each variant "
            "and hour; what was answered in the last seconds before a `kill -9` is lost. The files are not "
            "encrypted with KmsKeyId"
        ),
        "a restart of the server": (
            "endpoints are served again, from their models and artifacts, which must still be there; a "
            "deployment under way begins anew, one that was rolled back is"
        ),
        "DeleteEndpoint": "at once: no state Deleting is seen. Refused, as by AWS, while an endpoint changes",
        "other operations of sagemaker-runtime": (
            "InvokeEndpointAsync and InvokeEndpointWithResponseStream are refused by name"
        ),
    }
)
"""What of endpoints → how it is here."""

HONOURED = frozenset(
    {
        "ContainerStartupHealthCheckTimeoutInSeconds",
        "InitialInstanceCount",
        "InitialVariantWeight",
        "ModelName",
        "ServerlessConfig",
        "VariantName",
    }
)
"""Members of a ProductionVariant that the local SageMaker goes by."""

WITHOUT_EFFECT = (
    "AcceleratorPartitionLayouts",
    "AcceleratorType",
    "CapacityReservationConfig",
    "CoreDumpConfig",
    "EnableSSMAccess",
    "InferenceAmiVersion",
    "InstancePools",
    "InstanceType",
    "ManagedInstanceScaling",
    "ModelDataDownloadTimeoutInSeconds",
    "RoutingConfig",
    "VariantInstanceProvisionTimeoutInSeconds",
    "VolumeSizeInGB",
)
"""Members of a ProductionVariant that are kept and shown, and change nothing here."""

CONFIG_WITHOUT_EFFECT = (
    "CrossRegionTrafficConfig",
    "EnableNetworkIsolation",
    "ExecutionRoleArn",
    "KmsKeyId",
    "MetricsConfig",
    "VpcConfig",
)
"""Members of an endpoint configuration of which the same is true."""
