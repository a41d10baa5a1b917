"""The pipeline of config/pipeline.yaml as one writes it by hand against the SageMaker SDK; prints it.

As short as the SDK lets it be, and without CreateModel and RegisterModel, because the SDK's ModelBuilder
asks IAM: the peer has less to do than imgpipe.
"""

from __future__ import annotations

import sys

from sagemaker.core import image_uris
from sagemaker.core.processing import Processor
from sagemaker.core.shapes import (
    Channel,
    DataSource,
    OutputDataConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
    S3DataSource,
)
from sagemaker.core.training.configs import Compute
from sagemaker.core.transformer import Transformer
from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterFloat, ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.endpoint_step import EndpointConfigStep, EndpointStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import ProcessingStep, TrainingStep, TransformStep
from sagemaker.train.model_trainer import ModelTrainer

BUCKET = "sagemaker-us-east-1-111122223333"
ROLE = "arn:aws:iam::111122223333:role/imgpipe-execution"

session = PipelineSession(default_bucket=BUCKET)
train_data = ParameterString("TrainData", f"s3://{BUCKET}/train/")
validation_data = ParameterString("ValidationData", f"s3://{BUCKET}/validation/")
machine = ParameterString("TrainInstanceType", "ml.g4dn.xlarge")
threshold = ParameterFloat("AccuracyThreshold", 0.9)


def processor() -> Processor:
    return Processor(
        role=ROLE,
        image_uri=image_uris.retrieve("sklearn", "us-east-1", version="1.4-2"),
        instance_count=1,
        instance_type="ml.m5.large",
        entrypoint=["python3", "/opt/ml/processing/input/code/program.py"],
        sagemaker_session=session,
    )


def given(name: str, uri: object) -> ProcessingInput:
    local = f"/opt/ml/processing/input/{name}"
    source = ProcessingS3Input(s3_uri=uri, local_path=local, s3_data_type="S3Prefix", s3_input_mode="File")
    return ProcessingInput(input_name=name, s3_input=source)


def made(name: str) -> ProcessingOutput:
    local, uri = f"/opt/ml/processing/output/{name}", f"s3://{BUCKET}/results/{name}"
    target = ProcessingS3Output(s3_uri=uri, local_path=local, s3_upload_mode="EndOfJob")
    return ProcessingOutput(output_name=name, s3_output=target)


report = PropertyFile(name="Report", output_name="report", path="report.json")
validate = ProcessingStep(
    "ValidateImages",
    step_args=processor().run(
        inputs=[given("train", train_data), given("validation", validation_data)],
        outputs=[made("report"), made("train_lst"), made("validation_lst")],
    ),
    property_files=[report],
)
outputs = validate.properties.ProcessingOutputConfig.Outputs


def channel(name: str, uri: object) -> Channel:
    source = S3DataSource(s3_data_type="S3Prefix", s3_uri=uri, s3_data_distribution_type="FullyReplicated")
    return Channel(
        channel_name=name, content_type="application/x-image", data_source=DataSource(s3_data_source=source)
    )


image = image_uris.retrieve("image-classification", "us-east-1")
trainer = ModelTrainer(
    training_image=image,
    role=ROLE,
    sagemaker_session=session,
    compute=Compute(instance_type=machine, instance_count=1, volume_size_in_gb=50),
    output_data_config=OutputDataConfig(s3_output_path=f"s3://{BUCKET}/results"),
    hyperparameters={
        "num_layers": "50",
        "use_pretrained_model": "1",
        "image_shape": "3,224,224",
        "resize": "256",
        "mini_batch_size": "32",
        "epochs": "10",
        "num_classes": JsonGet(
            step_name="ValidateImages", property_file=report, json_path="num_classes"
        ).to_string(),
        "num_training_samples": JsonGet(
            step_name="ValidateImages", property_file=report, json_path="num_training_samples"
        ).to_string(),
    },
)
train = TrainingStep(
    "TrainModel",
    step_args=trainer.train(
        input_data_config=[
            channel("train", train_data),
            channel("validation", validation_data),
            channel("train_lst", outputs["train_lst"].S3Output.S3Uri),
            channel("validation_lst", outputs["validation_lst"].S3Output.S3Uri),
        ]
    ),
)
transformer = Transformer(
    model_name="image-classification",
    instance_count=1,
    instance_type="ml.m5.xlarge",
    # Without these two the SDK asks SageMaker for the model, and S3 for the bucket.
    base_transform_job_name="score",
    output_path=f"s3://{BUCKET}/scores",
    sagemaker_session=session,
)
score = TransformStep(
    "ScoreValidation",
    step_args=transformer.transform(data=validation_data, content_type="application/x-image"),
    depends_on=[train],
)
evaluation = PropertyFile(name="Evaluation", output_name="evaluation", path="evaluation.json")
evaluate = ProcessingStep(
    "EvaluateModel",
    step_args=processor().run(inputs=[given("scores", validation_data)], outputs=[made("evaluation")]),
    property_files=[evaluation],
    depends_on=[score],
)
variant = {
    "ModelName": "image-classification",
    "VariantName": "AllTraffic",
    "InstanceType": "ml.m5.xlarge",
    "InitialInstanceCount": 1,
}
endpoint_config = EndpointConfigStep(
    "CreateEndpointConfig",
    session.create_endpoint_config(name="image-classification", production_variants=[variant]),
)
endpoint = EndpointStep(
    "DeployEndpoint",
    session.create_endpoint(
        endpoint_name="image-classification", config_name=endpoint_config.properties.EndpointConfigName
    ),
)
accuracy = JsonGet(step_name="EvaluateModel", property_file=evaluation, json_path="metrics.accuracy")
gate = ConditionStep(
    "AccuracyGate",
    conditions=[ConditionGreaterThanOrEqualTo(left=accuracy, right=threshold)],
    if_steps=[endpoint_config, endpoint],
    else_steps=[FailStep("RejectModel", error_message=Join(on=" ", values=["accuracy is", accuracy]))],
)
pipeline = Pipeline(
    name="image-classification",
    parameters=[train_data, validation_data, machine, threshold],
    steps=[validate, train, score, evaluate, gate],
    sagemaker_session=session,
)
sys.stdout.write(pipeline.definition())
