"""The steps CreateEndpointConfig and DeployEndpoint: put a model that passed the gate behind the endpoint.

The pipeline service refuses data capture and explainers in the first and a deployment policy in the second
(github.com/aws/sagemaker-python-sdk/pull/6153), so they carry none.
"""

from __future__ import annotations

from collections.abc import Mapping

from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join
from sagemaker.mlops.workflow.endpoint_step import EndpointConfigStep, EndpointStep

from steps.deploy.config import DeployConfig
from steps.jobs.security import Machine
from steps.jobs.step import step_retries
from steps.step import Site, Variable, endpoint_part

CONFIG = "CreateEndpointConfig"
NAME = "DeployEndpoint"


def create_endpoint_config(
    site: Site,
    config: DeployConfig,
    given: Mapping[str, Variable],
    endpoint: str,
    machine: Machine,
    model_name: Variable,
    after: Variable,
) -> EndpointConfigStep:
    """The step CreateEndpointConfig. It is never spared: the endpoint would go back to an earlier model.

    Args:
        site: Where the pipeline lives.
        config: The section `deploy`.
        given: Keys of it that can be changed when the pipeline is started.
        endpoint: Name of the endpoint.
        machine: What serves the model.
        model_name: The model that it serves.
        after: Step that must have ended before: what is not registered is not deployed.
    """
    # An endpoint config cannot be changed, and its name is taken for good: one an execution.
    name = Join(on="-", values=[endpoint, ExecutionVariables.PIPELINE_EXECUTION_ID])
    variant = {
        "InitialInstanceCount": given["instance_count"],
        "InitialVariantWeight": 1,
        "InstanceType": machine.instance_type,
        "ModelName": model_name,
        "VariantName": "AllTraffic",
    }
    request = {"EndpointConfigName": name, "ProductionVariants": [variant]}
    if machine.volume_key is not None:
        request["KmsKeyId"] = machine.volume_key
    return EndpointConfigStep(
        CONFIG,
        endpoint_part(site, "create_endpoint_config", request),
        depends_on=[after],
        retry_policies=step_retries(config.retry),
    )


def deploy_endpoint(site: Site, endpoint: str, endpoint_config: EndpointConfigStep) -> EndpointStep:
    """The step DeployEndpoint. SageMaker creates the endpoint, or updates it where it exists."""
    # By reference: the service may append to the name that was asked for.
    request = {
        "EndpointConfigName": endpoint_config.properties.EndpointConfigName,
        "EndpointName": endpoint,
    }
    return EndpointStep(NAME, endpoint_part(site, "create_endpoint", request))
