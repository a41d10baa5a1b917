"""The steps CreateEndpointConfig and DeployEndpoint: put a model that passed the gate behind the endpoint.

The pipeline service refuses data capture and explainers in the first and a deployment policy in the second
(github.com/aws/sagemaker-python-sdk/pull/6153), so they carry none.
"""

from __future__ import annotations

from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join
from sagemaker.mlops.workflow.endpoint_step import EndpointConfigStep, EndpointStep

from steps.deploy.config import DeployConfig
from steps.step import Variable, endpoint_part

CONFIG = "CreateEndpointConfig"
NAME = "DeployEndpoint"


def create_endpoint_config(
    config: DeployConfig, endpoint: str, instance_type: Variable, model_name: Variable, after: Variable
) -> EndpointConfigStep:
    """The step CreateEndpointConfig.

    Args:
        config: The section `deploy`.
        endpoint: Name of the endpoint.
        instance_type: Machine behind it.
        model_name: The model that it serves.
        after: Step that must have ended before: what is not registered is not deployed.
    """
    # An endpoint config cannot be changed, and its name is taken for good: one an execution.
    name = Join(on="-", values=[endpoint, ExecutionVariables.PIPELINE_EXECUTION_ID])
    variant = {
        "InitialInstanceCount": config.instance_count,
        "InitialVariantWeight": 1,
        "InstanceType": instance_type,
        "ModelName": model_name,
        "VariantName": "AllTraffic",
    }
    request = {"EndpointConfigName": name, "ProductionVariants": [variant]}
    return EndpointConfigStep(CONFIG, endpoint_part("create_endpoint_config", request), depends_on=[after])


def deploy_endpoint(endpoint: str, endpoint_config: EndpointConfigStep) -> EndpointStep:
    """The step DeployEndpoint. SageMaker creates the endpoint, or updates it where it exists."""
    # By reference: the service may append to the name that was asked for.
    request = {
        "EndpointConfigName": endpoint_config.properties.EndpointConfigName,
        "EndpointName": endpoint,
    }
    return EndpointStep(NAME, endpoint_part("create_endpoint", request))
