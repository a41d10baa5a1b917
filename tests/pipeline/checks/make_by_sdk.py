"""A definition with steps of types that this project does not use, as the SageMaker SDK writes them.

`python -m tests.pipeline.checks.make_by_sdk` writes it anew into made_by_sdk.json. moto answers what the SDK
asks of AWS on the way.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from moto import mock_aws

from pipeline.definition.offline import offline_sdk

if TYPE_CHECKING:
    from sagemaker.core.workflow.pipeline_context import PipelineSession

FILE = Path(__file__).with_name("made_by_sdk.json")

REGION = "us-east-1"
ROLE = "arn:aws:iam::123456789012:role/jobs"
IMAGE = f"123456789012.dkr.ecr.{REGION}.amazonaws.com/image:1"

Step = Any
"""The SDK's Step, which it does not type."""


def text() -> str:
    """The definition, the same each time."""
    with offline_sdk(REGION):
        # Clients that the SDK makes when it is imported are not to be moto's.
        import sagemaker.core.workflow.pipeline_context  # noqa: F401

        with _moto(), patch.dict(os.environ, SAGEMAKER_VALIDATE_ROLE="false"):
            return json.dumps(json.loads(_definition()), indent=2, sort_keys=True) + "\n"


@contextmanager
def _moto() -> Iterator[None]:
    """moto in place of AWS. What it holds stays: a server in this process may live on it."""
    mock = mock_aws()
    mock.start(reset=False)
    try:
        yield
    finally:
        mock.stop(remove_data=False)


def _definition() -> str:
    import boto3
    from sagemaker.core.workflow.parameters import ParameterFloat, ParameterInteger, ParameterString
    from sagemaker.core.workflow.pipeline_context import PipelineSession
    from sagemaker.mlops.workflow.pipeline import Pipeline

    boto3.client("s3").create_bucket(Bucket="bucket")
    session = PipelineSession(boto_session=boto3.Session(region_name=REGION), default_bucket="bucket")
    makers = (_processing, _training, _quality, _clarify, _component, _endpoint_config, _tuning)
    pipeline = Pipeline(
        name="p",
        steps=[maker(session) for maker in makers],
        sagemaker_session=session,
        parameters=[
            ParameterFloat("AccuracyThreshold", default_value=0.9),
            ParameterInteger("N", default_value=3),
            ParameterString("Ty", default_value="ml.g5.xlarge"),
            ParameterInteger("Nn", default_value=1),
        ],
    )
    return str(pipeline.definition())


def _processing(session: PipelineSession) -> Step:
    from sagemaker.core.processing import Processor
    from sagemaker.core.shapes import (
        ProcessingInput,
        ProcessingOutput,
        ProcessingS3Input,
        ProcessingS3Output,
    )
    from sagemaker.mlops.workflow.steps import ProcessingStep

    processor = Processor(
        role=ROLE,
        image_uri=IMAGE,
        instance_count=1,
        instance_type="ml.m5.large",
        sagemaker_session=session,
        entrypoint=["python3", "/x.py"],
        env={"A": "b"},
        tags=[{"Key": "k", "Value": "v"}],
    )
    source = ProcessingS3Input(
        s3_uri="s3://bucket/a",
        local_path="/opt/ml/processing/a",
        s3_data_type="S3Prefix",
        s3_input_mode="File",
    )
    target = ProcessingS3Output(
        s3_uri="s3://bucket/o", local_path="/opt/ml/processing/o", s3_upload_mode="EndOfJob"
    )
    request = processor.run(
        inputs=[ProcessingInput(input_name="a", s3_input=source)],
        outputs=[ProcessingOutput(output_name="o", s3_output=target)],
        arguments=["--x", "1"],
    )
    return ProcessingStep(name="Process", step_args=request)


def _training(session: PipelineSession) -> Step:
    from sagemaker.core.workflow.parameters import ParameterInteger, ParameterString
    from sagemaker.mlops.workflow.steps import TrainingStep
    from sagemaker.train.configs import Compute, InputData, StoppingCondition
    from sagemaker.train.model_trainer import ModelTrainer

    trainer = ModelTrainer(
        training_image=IMAGE,
        role=ROLE,
        compute=Compute(
            instance_type=ParameterString("Ty", default_value="ml.g5.xlarge"),
            instance_count=ParameterInteger("Nn", default_value=1),
            volume_size_in_gb=30,
            enable_managed_spot_training=True,
        ),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=3600, max_wait_time_in_seconds=7200),
        sagemaker_session=session,
        hyperparameters={"epochs": "3"},
        base_job_name="x",
    )
    data = [InputData(channel_name="train", data_source="s3://bucket/train")]
    return TrainingStep(name="Train", step_args=trainer.train(input_data_config=data))


def _tuning(session: PipelineSession) -> Step:
    from sagemaker.core.parameter import CategoricalParameter, ContinuousParameter, IntegerParameter
    from sagemaker.core.workflow.parameters import ParameterInteger
    from sagemaker.mlops.workflow.steps import TuningStep
    from sagemaker.train.configs import Compute, InputData
    from sagemaker.train.model_trainer import ModelTrainer
    from sagemaker.train.tuner import HyperparameterTuner

    trainer = ModelTrainer(
        training_image=IMAGE,
        role=ROLE,
        compute=Compute(instance_type="ml.m5.xlarge", instance_count=1, volume_size_in_gb=30),
        sagemaker_session=session,
        hyperparameters={"epochs": "3", "n": ParameterInteger("N", default_value=3).to_string()},
        base_job_name="x",
    )
    tuner = HyperparameterTuner(
        model_trainer=trainer,
        objective_metric_name="validation:accuracy",
        hyperparameter_ranges={
            "lr": ContinuousParameter(0.1, 0.5),
            "k": IntegerParameter(1, 4),
            "o": CategoricalParameter(["a", "b"]),
        },
        metric_definitions=[{"Name": "validation:accuracy", "Regex": "a=(.*)"}],
        max_jobs=4,
        max_parallel_jobs=2,
    )
    data = [InputData(channel_name="train", data_source="s3://bucket/train")]
    return TuningStep(name="Tune", step_args=tuner.tune(inputs=data))


def _quality(session: PipelineSession) -> Step:
    from sagemaker.core.model_monitor.dataset_format import DatasetFormat
    from sagemaker.mlops.workflow.check_job_config import CheckJobConfig
    from sagemaker.mlops.workflow.quality_check_step import DataQualityCheckConfig, QualityCheckStep

    config = DataQualityCheckConfig(
        baseline_dataset="s3://bucket/base.csv",
        dataset_format=DatasetFormat.csv(header=True),
        output_s3_uri="s3://bucket/out",
    )
    return QualityCheckStep(
        name="Quality",
        quality_check_config=config,
        check_job_config=CheckJobConfig(role=ROLE, sagemaker_session=session),
        skip_check=False,
        register_new_baseline=True,
        model_package_group_name="g",
        supplied_baseline_statistics="s3://bucket/s.json",
        supplied_baseline_constraints="s3://bucket/c.json",
    )


def _clarify(session: PipelineSession) -> Step:
    from sagemaker.core.clarify import BiasConfig, DataConfig
    from sagemaker.mlops.workflow.check_job_config import CheckJobConfig
    from sagemaker.mlops.workflow.clarify_check_step import ClarifyCheckStep, DataBiasCheckConfig

    data = DataConfig(
        s3_data_input_path="s3://bucket/in.csv",
        s3_output_path="s3://bucket/out",
        s3_analysis_config_output_path="s3://bucket/cfg",
        label="l",
        headers=["l", "a"],
        dataset_type="text/csv",
    )
    bias = BiasConfig(label_values_or_threshold=[1], facet_name="a")
    return ClarifyCheckStep(
        name="Clarify",
        clarify_check_config=DataBiasCheckConfig(data_config=data, data_bias_config=bias),
        check_job_config=CheckJobConfig(role=ROLE, sagemaker_session=session),
        skip_check=True,
        register_new_baseline=False,
        model_package_group_name="g",
    )


def _component(session: PipelineSession) -> Step:
    from sagemaker.mlops.workflow.inference_component_step import InferenceComponentStep

    needs = {"MinMemoryRequiredInMb": 1024, "NumberOfAcceleratorDevicesRequired": 1}
    request = session.create_inference_component(
        inference_component_name="ic",
        endpoint_name="e",
        variant_name="v",
        specification={"ModelName": "m", "ComputeResourceRequirements": needs},
        wait=False,
    )
    return InferenceComponentStep(name="Component", step_args=request)


def _endpoint_config(session: PipelineSession) -> Step:
    from sagemaker.mlops.workflow.endpoint_step import EndpointConfigStep

    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
    variant = {"VariantName": "v", "ModelName": "m", "ServerlessConfig": serverless}
    return EndpointConfigStep(name="EC", step_args=session.create_endpoint_config("c", [variant]))


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
