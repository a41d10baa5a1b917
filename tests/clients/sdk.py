"""Uses the SDK's own classes as its users do; prints what came of it, as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

from sagemaker.core import resources, shapes
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.workflow.conditions import ConditionGreaterThan
from sagemaker.core.workflow.parameters import ParameterInteger
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.train import ModelTrainer

ROLE = "arn:aws:iam::123456789012:role/imgpipe-execution"
BUCKET = "sagemaker-us-east-1-123456789012"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
MODEL_IMAGE = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"


def of_session(session: Session) -> dict[str, Any]:
    """Objects."""
    session.upload_string_as_file_body("hello", BUCKET, "sdk/hello.txt")
    return {"bucket": session.default_bucket(), "read": session.read_s3_file(BUCKET, "sdk/hello.txt")}


def of_jobs() -> dict[str, Any]:
    """A processing job."""
    cluster = shapes.ProcessingClusterConfig(
        instance_count=1, instance_type="ml.m5.large", volume_size_in_gb=1
    )
    job = resources.ProcessingJob.create(
        processing_job_name="sdk",
        processing_resources=shapes.ProcessingResources(cluster_config=cluster),
        app_specification=shapes.AppSpecification(image_uri=IMAGE, container_entrypoint=["true"]),
        role_arn=ROLE,
    )
    job.wait(poll=1)
    return {
        "job": resources.ProcessingJob.get("sdk").processing_job_status,
        "jobs": [each.processing_job_name for each in resources.ProcessingJob.get_all()],
        "training": [each.training_job_name for each in resources.TrainingJob.get_all()],
    }


def of_trainers(session: Session) -> dict[str, Any]:
    """A trainer, which asks whether its role may do what it needs."""
    return {"trainer": ModelTrainer(training_image=IMAGE, role=ROLE, sagemaker_session=session).role}


def of_registry(session: Session) -> dict[str, Any]:
    """A group, a package, its approval, tags, a model and an endpoint's configuration."""
    group = resources.ModelPackageGroup.create(
        model_package_group_name="sdk", tags=[shapes.Tag(key="k", value="v")]
    )
    container = {"Image": MODEL_IMAGE, "ModelDataUrl": "s3://b/m.tar.gz"}
    types = {
        "SupportedContentTypes": ["image/jpeg"],
        "SupportedResponseMIMETypes": ["application/json"],
        "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
        "SupportedTransformInstanceTypes": ["ml.m5.large"],
    }
    # Not ModelPackage.create: it reads ModelPackageName in the answer, which no SageMaker gives.
    arn = session.sagemaker_client.create_model_package(
        ModelPackageGroupName="sdk",
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={"Containers": [container], **types},
    )["ModelPackageArn"]
    package = resources.ModelPackage.get(arn)
    package.update(model_approval_status="Approved")
    resources.Model.create(
        model_name="sdk",
        primary_container=shapes.ContainerDefinition(image=MODEL_IMAGE, model_data_url="s3://b/m.tar.gz"),
        execution_role_arn=ROLE,
    )
    variant = shapes.ProductionVariant(
        variant_name="a", model_name="sdk", initial_instance_count=1, instance_type="ml.m5.large"
    )
    resources.EndpointConfig.create(endpoint_config_name="sdk", production_variants=[variant])
    return {
        "group": resources.ModelPackageGroup.get("sdk").model_package_group_status,
        "tags": [[tag.key, tag.value] for tag in resources.Tag.get_all(group.model_package_group_arn)],
        "package": resources.ModelPackage.get(arn).model_approval_status,
        "models": [each.model_name for each in resources.Model.get_all()],
        "configs": [each.endpoint_config_name for each in resources.EndpointConfig.get_all()],
        "endpoints": [each.endpoint_name for each in resources.Endpoint.get_all()],
    }


def of_pipelines(session: Session) -> dict[str, Any]:
    """A pipeline that is made, changed, started twice, read and deleted."""
    number = ParameterInteger(name="N", default_value=1)
    check = ConditionStep(
        name="Check",
        conditions=[ConditionGreaterThan(left=number, right=3)],
        if_steps=[FailStep(name="TooMany", error_message="too many")],
        else_steps=[],
    )
    pipeline = Pipeline(name="sdk", parameters=[number], steps=[check], sagemaker_session=session)
    pipeline.upsert(role_arn=ROLE)
    pipeline.upsert(role_arn=ROLE, description="again")
    execution = pipeline.start(parameters={"N": 2})
    execution.wait(delay=1, max_attempts=30)
    record = resources.PipelineExecution.get(execution.arn)
    found = {
        "pipeline": pipeline.describe()["PipelineDescription"],
        "status": execution.describe()["PipelineExecutionStatus"],
        "steps": [step["StepName"] for step in execution.list_steps()],
        "executions": len(pipeline.list_executions()["PipelineExecutionSummaries"]),
        "versions": len(pipeline.list_pipeline_versions()["PipelineVersionSummaries"]),
        "resource": resources.Pipeline.get("sdk").pipeline_status,
        "resources": [each.pipeline_name for each in resources.Pipeline.get_all()],
        "parameters": [[each.name, each.value] for each in record.get_all_parameters()],
        "all steps": [each.step_name for each in record.get_all_steps()],
    }
    pipeline.delete()
    return found


def main() -> None:
    """Uses all of it."""
    # Told of the bucket: else the SDK asks the real STS, whatever AWS_ENDPOINT_URL says.
    session = Session(default_bucket=BUCKET)
    told = {
        **of_session(session),
        **of_jobs(),
        **of_trainers(session),
        **of_registry(session),
        **of_pipelines(session),
    }
    sys.stdout.write(f"\n{json.dumps(told)}\n")


if __name__ == "__main__":
    main()
