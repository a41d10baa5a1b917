from __future__ import annotations

from typing import Any

import pytest

from pipeline.local.errors import ApiError, NotSupportedLocally
from pipeline.local.jobs.catalog import IMAGES
from pipeline.local.jobs.support import CHECKS

SCRIPT = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
BUILT_IN = "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1"
ASKED = "is asked for, which the local SageMaker does not do"
SERVERS = (
    "huggingface-pytorch-inference, image-classification, mxnet-inference, pytorch-inference, "
    "sagemaker-scikit-learn, sagemaker-xgboost"
)


def processing(**fields: Any) -> dict[str, Any]:
    app = {"ImageUri": SCRIPT, "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/x.py"]}
    return {"AppSpecification": app, **fields}


def training(**fields: Any) -> dict[str, Any]:
    return {"AlgorithmSpecification": {"TrainingImage": BUILT_IN, "TrainingInputMode": "File"}, **fields}


def script(**fields: Any) -> dict[str, Any]:
    named = {"sagemaker_program": "train.py", "sagemaker_submit_directory": "s3://b/source.tar.gz"}
    return {"AlgorithmSpecification": {"TrainingImage": SCRIPT}, "HyperParameters": named, **fields}


def transform(**given: Any) -> dict[str, Any]:
    return {"ModelName": "m", "TransformInput": {"SplitType": "None", "CompressionType": "None", **given}}


def model(**fields: Any) -> dict[str, Any]:
    return {"ModelName": "m", "PrimaryContainer": {"Image": BUILT_IN, **fields}}


@pytest.mark.parametrize(
    ("kind", "request_"),
    [
        ("ProcessingJob", processing()),
        ("ProcessingJob", {}),
        ("ProcessingJob", {"AppSpecification": {}}),
        ("ProcessingJob", processing(ProcessingResources={"ClusterConfig": {"InstanceCount": 1}})),
        ("TrainingJob", training()),
        ("TrainingJob", {}),
        ("TrainingJob", training(CheckpointConfig={"S3Uri": "s3://b/c", "LocalPath": "/opt/ml/checkpoints"})),
        ("TrainingJob", training(OutputDataConfig={"CompressionType": "GZIP"})),
        (
            "TrainingJob",
            training(
                EnableManagedSpotTraining=True,
                StoppingCondition={"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200},
                CheckpointConfig={"S3Uri": "s3://b/checkpoints"},
                VpcConfig={"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
                EnableNetworkIsolation=True,
                EnableInterContainerTrafficEncryption=True,
                ResourceConfig={"InstanceCount": 1, "VolumeKmsKeyId": "key"},
                OutputDataConfig={"KmsKeyId": "key"},
                Environment={"A": "b"},
                RetryStrategy={"MaximumRetryAttempts": 2},
            ),
        ),
        (
            "TrainingJob",
            script(InputDataConfig=[{"ChannelName": "model", "InputMode": "FastFile", "DataSource": {}}]),
        ),
        ("TrainingJob", script(ResourceConfig={"InstanceCount": 8})),
        ("TrainingJob", script(HyperParameters={"sagemaker_program": "train.py"})),
        ("TrainingJob", script(HyperParameters={}, Environment={"SAGEMAKER_PROGRAM": "train.py"})),
        (
            "TrainingJob",
            {"AlgorithmSpecification": {"TrainingImage": SCRIPT, "ContainerEntrypoint": ["/bin/bash"]}},
        ),
        ("ProcessingJob", processing(ProcessingResources={"ClusterConfig": {"InstanceCount": 8}})),
        ("TrainingJob", training(OutputDataConfig={"CompressionType": "NONE"})),
        (
            "ProcessingJob",
            processing(
                NetworkConfig={"EnableNetworkIsolation": True, "VpcConfig": {"Subnets": ["subnet-1"]}},
                ProcessingResources={"ClusterConfig": {"InstanceCount": 1, "VolumeKmsKeyId": "key"}},
                ProcessingOutputConfig={"KmsKeyId": "key"},
                Environment={"A": "b"},
            ),
        ),
        (
            "TransformJob",
            {
                **transform(),
                "TransformOutput": {"KmsKeyId": "key"},
                "TransformResources": {"VolumeKmsKeyId": "key"},
                "Environment": {"A": "b"},
            },
        ),
        ("Model", {**model(), "VpcConfig": {"Subnets": ["subnet-1"]}, "EnableNetworkIsolation": True}),
        ("TransformJob", transform()),
        ("TransformJob", {}),
        ("TransformJob", {"DataProcessing": {"InputFilter": "$", "JoinSource": "None"}}),
        ("Model", model()),
        ("Model", model(Image=SCRIPT)),
        ("Model", {}),
        ("Model", {"PrimaryContainer": {"ModelPackageName": "arn"}}),
        ("Model", {"Containers": [{"Image": BUILT_IN}]}),
    ],
)
def test_what_runs_here_passes(kind: str, request_: dict[str, Any]) -> None:
    CHECKS[kind](request_, IMAGES)


@pytest.mark.parametrize(
    ("kind", "request_", "what", "why"),
    [
        (
            "ProcessingJob",
            {"AppSpecification": {"ImageUri": SCRIPT}},
            "a job without a ContainerEntrypoint is asked for, which the local SageMaker does not do",
            "the image's own program is not here",
        ),
        (
            "ProcessingJob",
            processing(ProcessingResources={"ClusterConfig": {"InstanceCount": 9}}),
            "InstanceCount 9 is asked for, which the local SageMaker does not do",
            "all instances of a job are processes of this machine, 8 at most",
        ),
        (
            "ProcessingJob",
            processing(ProcessingInputs=[{"S3Input": {"S3CompressionType": "Gzip"}}]),
            "S3CompressionType 'Gzip' is asked for, which the local SageMaker does not do",
            "it is of Pipe mode, and inputs are copied to files as they are",
        ),
        (
            "TrainingJob",
            script(ResourceConfig={"InstanceCount": 9}),
            "InstanceCount 9 is asked for, which the local SageMaker does not do",
            "all instances of a job are processes of this machine, 8 at most",
        ),
        (
            "TrainingJob",
            training(ResourceConfig={"InstanceCount": 2}),
            "InstanceCount 2 is asked for, which the local SageMaker does not do",
            "image image-classification is trained by a program of this project, which uses one machine",
        ),
        (
            "TrainingJob",
            training(InputDataConfig=[{"ChannelName": "test", "InputMode": "FastFile", "DataSource": {}}]),
            "the channel 'test' is asked for, which the local SageMaker does not do",
            (
                "image image-classification is trained by a program of this project, which reads train, "
                "validation, train_lst, validation_lst, model"
            ),
        ),
        (
            "TrainingJob",
            {"AlgorithmSpecification": {"TrainingImage": BUILT_IN, "ContainerEntrypoint": ["python3"]}},
            "ContainerEntrypoint is asked for, which the local SageMaker does not do",
            "image image-classification is trained by a program of this project",
        ),
        (
            "TrainingJob",
            {"AlgorithmSpecification": {"TrainingImage": SCRIPT, "ContainerArguments": ["-x"]}},
            (
                "ContainerArguments without a ContainerEntrypoint is asked for, which the local SageMaker "
                "does not do"
            ),
            "the image's own program is not here",
        ),
        (
            "TrainingJob",
            script(HyperParameters={"epochs": "1"}),
            (
                "a training job of image sagemaker-scikit-learn without a script is asked for, which the "
                "local SageMaker does not do"
            ),
            (
                "the image's own algorithm is not here; the hyperparameters sagemaker_program and "
                "sagemaker_submit_directory name a script"
            ),
        ),
        (
            "TrainingJob",
            script(InputDataConfig=[{"ChannelName": "x", "CompressionType": "Gzip"}]),
            "CompressionType 'Gzip' is asked for, which the local SageMaker does not do",
            "it is of Pipe mode, and inputs are copied to files as they are",
        ),
        (
            "ProcessingJob",
            processing(ProcessingInputs=[{"InputName": "x", "DatasetDefinition": {}}]),
            "the DatasetDefinition of 'x' is asked for, which the local SageMaker does not do",
            "only S3 inputs are read here",
        ),
        (
            "ProcessingJob",
            processing(ProcessingInputs=[{"InputName": "x", "S3Input": {"S3InputMode": "Pipe"}}]),
            "S3InputMode 'Pipe' is asked for, which the local SageMaker does not do",
            "inputs are copied to files, not streamed",
        ),
        (
            "ProcessingJob",
            processing(ProcessingOutputConfig={"Outputs": [{"OutputName": "o", "FeatureStoreOutput": {}}]}),
            "the FeatureStoreOutput of 'o' is asked for, which the local SageMaker does not do",
            "there is no Feature Store",
        ),
        (
            "TrainingJob",
            {"AlgorithmSpecification": {"AlgorithmName": "mine"}},
            "the algorithm 'mine' is asked for, which the local SageMaker does not do",
            "only images are known here, by repository",
        ),
        (
            "TrainingJob",
            training(ResourceConfig={"InstanceGroups": [{"InstanceCount": 1}]}),
            "InstanceGroups is asked for, which the local SageMaker does not do",
            "all instances of a job are processes of this machine",
        ),
        (
            "TrainingJob",
            training(InputDataConfig=[{"ChannelName": "train", "InputMode": "Pipe"}]),
            "InputMode 'Pipe' is asked for, which the local SageMaker does not do",
            "inputs are copied to files, not streamed",
        ),
        (
            "TrainingJob",
            training(InputDataConfig=[{"ChannelName": "train", "DataSource": {"FileSystemDataSource": {}}}]),
            "the file system of channel 'train' is asked for, which the local SageMaker does not do",
            "only S3 inputs are read here",
        ),
        (
            "TrainingJob",
            training(
                InputDataConfig=[{"DataSource": {"S3DataSource": {"S3DataType": "AugmentedManifestFile"}}}]
            ),
            "S3DataType 'AugmentedManifestFile' is asked for, which the local SageMaker does not do",
            "inputs are copied to files, not streamed",
        ),
        (
            "TransformJob",
            transform(SplitType="Line"),
            "SplitType 'Line' is asked for, which the local SageMaker does not do",
            "each object is sent whole, as it is",
        ),
        (
            "TransformJob",
            {"DataProcessing": {"OutputFilter": "$[0]"}},
            "OutputFilter '$[0]' is asked for, which the local SageMaker does not do",
            "the output is the model's answer alone",
        ),
        (
            "TransformJob",
            {"DataCaptureConfig": {}},
            "DataCaptureConfig is asked for, which the local SageMaker does not do",
            "a transform job's input and output are in S3 anyway",
        ),
        (
            "Model",
            {"Containers": [{"Image": BUILT_IN}, {"Image": BUILT_IN}]},
            "the model has 2 containers, which the local SageMaker does not chain",
            "it starts one server for a model",
        ),
        (
            "Model",
            model(Mode="MultiModel"),
            "the model has a container of mode MultiModel, which the local SageMaker does not serve",
            "it starts one server for a model",
        ),
        (
            "Model",
            {"PrimaryContainer": {"Image": "r.io/xgboost:1"}},
            "no program stands for image 'r.io/xgboost:1' in serving, so the local SageMaker does not run it",
            "no containers run here; the images known for serving are " + SERVERS,
        ),
        (
            "Model",
            {"PrimaryContainer": {"Image": "r.io/sagemaker-xgboost:1", "Environment": {"A": "1"}}},
            f"a model of image sagemaker-xgboost without a script {ASKED}",
            (
                "the image's own algorithm is not here; SAGEMAKER_PROGRAM and SAGEMAKER_SUBMIT_DIRECTORY in "
                "the container's Environment name a script"
            ),
        ),
        (
            "TrainingJob",
            {"AlgorithmSpecification": {"TrainingImage": "r.io/sagemaker-xgboost:1"}},
            f"a training job of image sagemaker-xgboost without a script {ASKED}",
            (
                "the image's own algorithm is not here; the hyperparameters sagemaker_program and "
                "sagemaker_submit_directory name a script"
            ),
        ),
    ],
)
def test_what_does_not_run_here_is_refused_by_name(
    kind: str, request_: dict[str, Any], what: str, why: str
) -> None:
    with pytest.raises(NotSupportedLocally) as caught:
        CHECKS[kind](request_, IMAGES)
    assert (caught.value.what, caught.value.why) == (what, why)
    assert caught.value.findings[0].code == "R110"


@pytest.mark.parametrize(
    ("kind", "request_"),
    [
        ("ProcessingJob", processing(ProcessingInputs=[{"S3Input": {"LocalPath": "/etc"}}])),
        (
            "ProcessingJob",
            processing(ProcessingOutputConfig={"Outputs": [{"S3Output": {"LocalPath": "/etc"}}]}),
        ),
        ("TrainingJob", training(CheckpointConfig={"LocalPath": "/etc"})),
    ],
)
def test_a_path_outside_of_the_container_is_refused_as_aws_would(kind: str, request_: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        CHECKS[kind](request_, IMAGES)
    assert caught.value.code == "ValidationException"
    assert caught.value.message == "LocalPath is not valid: the path '/etc' is not below /opt/ml."


def test_a_spot_job_waits_at_least_as_long_as_it_may_run() -> None:
    stopping = {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 60}
    with pytest.raises(ApiError) as caught:
        CHECKS["TrainingJob"](training(EnableManagedSpotTraining=True, StoppingCondition=stopping), IMAGES)
    assert caught.value.message == (
        "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"
    )
    CHECKS["TrainingJob"](training(EnableManagedSpotTraining=False, StoppingCondition=stopping), IMAGES)
