"""Definitions in the manner of public ones, in words of their own."""

from __future__ import annotations

from typing import Any

from tests.pipeline.local.api.requests import ROLE
from tests.pipeline.local.definitions import BUCKET, definition, fail, get, join, step

SCRIPTS = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
REGRESSION = "123456789012.dkr.ecr.us-east-1.amazonaws.com/regression:1"
_ML = "/opt/ml/processing"


def process(
    name: str,
    script: str,
    inputs: dict[str, Any],
    outputs: dict[str, str],
    arguments: list[Any],
    **rest: Any,
) -> dict[str, Any]:
    """A Processing step whose script comes as an input, as the SDK's ScriptProcessor writes it."""
    sources = {"code": f"s3://{BUCKET}/code/{script}.py", **inputs}
    cluster = {
        "InstanceType": "ml.m5.xlarge",
        "InstanceCount": get("Parameters.ProcessingInstanceCount"),
        "VolumeSizeInGB": 30,
    }
    return step(
        name,
        "Processing",
        {
            "ProcessingResources": {"ClusterConfig": cluster},
            "AppSpecification": {
                "ImageUri": SCRIPTS,
                "ContainerEntrypoint": ["python3", "-I", "-S", f"{_ML}/input/code/{script}.py"],
                "ContainerArguments": arguments,
            },
            "RoleArn": ROLE,
            "ProcessingInputs": [_input(name, uri) for name, uri in sources.items()],
            "ProcessingOutputConfig": {"Outputs": [_output(name, uri) for name, uri in outputs.items()]},
        },
        **rest,
    )


def _input(name: str, uri: Any) -> dict[str, Any]:
    source = {
        "S3Uri": uri,
        "LocalPath": f"{_ML}/input/{name}",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
        "S3CompressionType": "None",
    }
    return {"InputName": name, "AppManaged": False, "S3Input": source}


def _output(name: str, uri: str) -> dict[str, Any]:
    target = {"S3Uri": uri, "LocalPath": f"{_ML}/output/{name}", "S3UploadMode": "EndOfJob"}
    return {"OutputName": name, "AppManaged": False, "S3Output": target}


def split(name: str, out: str, **rest: Any) -> dict[str, Any]:
    parts = {part: f"s3://{BUCKET}/{out}/{part}" for part in ("train", "validation", "test")}
    folders = [f"{_ML}/input/data", f"{_ML}/output"]
    return process(name, "split", {"data": get("Parameters.InputData")}, parts, folders, **rest)


def train(name: str, source: str, hyperparameters: dict[str, Any], **rest: Any) -> dict[str, Any]:
    """A Training step on two outputs of a Processing step."""
    outputs = f"Steps.{source}.ProcessingOutputConfig.Outputs"
    return step(
        name,
        "Training",
        {
            "AlgorithmSpecification": {
                "TrainingImage": REGRESSION,
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "validation:mse", "Regex": r"validation-mse:(\S+)"}],
            },
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
            "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
            "ResourceConfig": {
                "VolumeSizeInGB": 30,
                "InstanceCount": 1,
                "InstanceType": get("Parameters.TrainingInstanceType"),
            },
            "RoleArn": ROLE,
            "InputDataConfig": [
                _channel(part, get(f"{outputs}['{part}'].S3Output.S3Uri")) for part in ("train", "validation")
            ],
            "HyperParameters": hyperparameters,
        },
        **rest,
    )


def _channel(name: str, uri: Any) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"DataSource": {"S3DataSource": source}, "ContentType": "text/csv", "ChannelName": name}


def _condition(name: str, conditions: list[Any], then: list[Any], otherwise: list[Any]) -> dict[str, Any]:
    arguments = {"Conditions": conditions, "IfSteps": then, "ElseSteps": otherwise}
    return step(name, "Condition", arguments)


def _parameters(name: str, **more: Any) -> dict[str, Any]:
    return {
        "ProcessingInstanceCount": 1,
        "TrainingInstanceType": "ml.m5.xlarge",
        "InputData": f"s3://{BUCKET}/{name}/data",
        **more,
    }


def _model(step_name: str) -> dict[str, str]:
    return get(f"Steps.{step_name}.ModelArtifacts.S3ModelArtifacts")


def _register_abalone(name: str, container: dict[str, Any]) -> dict[str, Any]:
    uri = get("Steps.AbaloneEval.ProcessingOutputConfig.Outputs['evaluation'].S3Output.S3Uri")
    statistics = {"ContentType": "application/json", "S3Uri": join(uri, "evaluation.json", on="/")}
    return step(
        "AbaloneRegister",
        "RegisterModel",
        {
            "ModelPackageGroupName": name,
            "ModelMetrics": {"ModelQuality": {"Statistics": statistics}},
            "InferenceSpecification": {
                "Containers": [container],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
                "SupportedRealtimeInferenceInstanceTypes": ["ml.t2.medium"],
                "SupportedTransformInstanceTypes": ["ml.m5.large"],
            },
            "ModelApprovalStatus": get("Parameters.ModelApprovalStatus"),
        },
    )


def abalone(name: str) -> str:
    """Process, train, evaluate; register if the error is small, else fail. Two steps are cached."""
    cached = {"Enabled": True, "ExpireAfter": "30d"}
    report = f"s3://{BUCKET}/{name}/evaluation"
    mse = {
        "Std:JsonGet": {
            "PropertyFile": get("Steps.AbaloneEval.PropertyFiles.EvaluationReport"),
            "Path": "regression_metrics.mse.value",
        }
    }
    container = {"Image": REGRESSION, "ModelDataUrl": _model("AbaloneTrain")}
    register = _register_abalone(name, container)
    model = step("AbaloneModel", "Model", {"ExecutionRoleArn": ROLE, "PrimaryContainer": container})
    small = {"Type": "LessThanOrEqualTo", "LeftValue": mse, "RightValue": get("Parameters.MseThreshold")}
    test = get("Steps.AbaloneProcess.ProcessingOutputConfig.Outputs['test'].S3Output.S3Uri")
    return definition(
        split("AbaloneProcess", name, CacheConfig=cached),
        train("AbaloneTrain", "AbaloneProcess", {"num_round": "50", "eta": "0.2"}, CacheConfig=cached),
        process(
            "AbaloneEval",
            "evaluate",
            {"model": _model("AbaloneTrain"), "test": test},
            {"evaluation": report},
            [f"{_ML}/input/model", f"{_ML}/input/test", f"{_ML}/output/evaluation"],
            PropertyFiles=[
                {
                    "PropertyFileName": "EvaluationReport",
                    "OutputName": "evaluation",
                    "FilePath": "evaluation.json",
                }
            ],
        ),
        _condition(
            "AbaloneMSECond",
            [small],
            [register, model],
            [
                fail(
                    "AbaloneMSEFail",
                    join("Execution failed due to MSE >", get("Parameters.MseThreshold"), on=" "),
                )
            ],
        ),
        parameters=_parameters(name, ModelApprovalStatus="PendingManualApproval", MseThreshold=6.0),
    )


def fan_out(name: str) -> str:
    """Three trainings side by side, the best of them named, and conditions in conditions on the name."""
    rates = {"Slow": "0.01", "Medium": "0.1", "Fast": "0.9"}
    names = [f"Train{rate}" for rate in rates]
    best = {"Std:JsonGet": {"S3Uri": f"s3://{BUCKET}/{name}/best/best.json", "Path": "best"}}
    known = {"Type": "In", "QueryValue": best, "Values": ["TrainFast", "TrainMedium"]}
    slow = {"Type": "Equals", "LeftValue": best, "RightValue": "TrainSlow"}
    either = {
        "Type": "Or",
        "Conditions": [{"Type": "Not", "Expression": slow}, {"Type": "Not", "Condition": known}],
    }
    inner = _condition(
        "IsItKnown",
        [known, either],
        [
            process(
                "Announce", "note", {}, {"note": f"s3://{BUCKET}/{name}/note"}, [f"{_ML}/output/note", best]
            )
        ],
        [fail("Unknown", join("nobody knows ", best))],
    )
    return definition(
        split("Split", name),
        *(train(f"Train{rate}", "Split", {"num_round": "5", "eta": eta}) for rate, eta in rates.items()),
        process(
            "Compare",
            "compare",
            {each: _model(each) for each in names},
            {"best": f"s3://{BUCKET}/{name}/best"},
            [*(f"{_ML}/input/{each}" for each in names), f"{_ML}/output/best"],
        ),
        {**_condition("IsThereOne", [either], [inner], []), "DependsOn": ["Compare"]},
        parameters=_parameters(name),
    )


def failure_path(name: str) -> str:
    """Data that cannot be read is noted down; a strict run fails for it, another goes on without."""
    reason = get("Steps.Ingest.FailureReason")
    # Who looks into a step waits for its success, unless a trigger says otherwise.
    after_failure = [{"Step": "Ingest", "Trigger": "Failed"}]
    strict = {"Type": "Equals", "LeftValue": get("Parameters.Strict"), "RightValue": True}
    reject = fail("Reject", join("bad data: ", reason), DependsOn=after_failure)
    note = {"note": f"s3://{BUCKET}/{name}/note"}
    return definition(
        split("Ingest", name),
        train("Train", "Ingest", {"num_round": "1"}),
        process("Quarantine", "note", {}, note, [f"{_ML}/output/note", reason], DependsOn=after_failure),
        {**_condition("IsItStrict", [strict], [reject], []), "DependsOn": ["Quarantine"]},
        parameters=_parameters(name, Strict=False),
    )


def retried(name: str) -> str:
    """Trains on a channel of its own, which somebody may mend."""
    own = train("Train", "Prepare", {"num_round": "3"}, DependsOn=["Prepare"])
    own["Arguments"]["InputDataConfig"][1] = _channel("validation", f"s3://{BUCKET}/{name}/own")
    return definition(
        split("Prepare", name),
        own,
        step(
            "Model",
            "Model",
            {
                "ExecutionRoleArn": ROLE,
                "PrimaryContainer": {"Image": REGRESSION, "ModelDataUrl": _model("Train")},
            },
        ),
        parameters=_parameters(name),
    )


def script_mode(name: str) -> str:
    """A training script of one's own in a framework's image; its last loss decides what happens."""
    own = train(
        "TrainScript",
        "Split",
        {
            # The SDK writes JSON into hyperparameters: texts with quotes.
            "sagemaker_program": '"train.py"',
            "sagemaker_submit_directory": f'"s3://{BUCKET}/{name}/source/sourcedir.tar.gz"',
            "sagemaker_container_log_level": "20",
            "epochs": join(get("Parameters.Epochs")),
            "learning-rate": "0.5",
        },
        RetryPolicies=[{"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "MaxAttempts": 2}],
    )
    own["Arguments"]["AlgorithmSpecification"] |= {
        "TrainingImage": SCRIPTS,
        "MetricDefinitions": [{"Name": "loss", "Regex": r"loss=(\S+)"}],
    }
    loss = get("Steps.TrainScript.FinalMetricDataList['loss'].Value")
    small = {"Type": "LessThan", "LeftValue": loss, "RightValue": 0.2}
    enough = {"Type": "GreaterThan", "LeftValue": get("Parameters.Epochs"), "RightValue": 1}
    return definition(
        split("Split", name),
        own,
        _condition("IsLossSmall", [small, enough], [], [fail("TooLarge", join("the last loss is ", loss))]),
        parameters=_parameters(name, Epochs=3),
    )


def two_variants(name: str) -> str:
    """Two models of the same data, of which one is trained longer, share an endpoint's requests."""
    variants = []
    steps = [split("Split", name)]
    for variant, rounds in (("Short", "1"), ("Long", "2")):
        container = {"Image": REGRESSION, "ModelDataUrl": _model(f"Train{variant}")}
        steps += [
            train(f"Train{variant}", "Split", {"num_round": rounds}),
            step(f"Model{variant}", "Model", {"ExecutionRoleArn": ROLE, "PrimaryContainer": container}),
        ]
        variants.append(
            {
                "VariantName": variant,
                "ModelName": get(f"Steps.Model{variant}.ModelName"),
                "InitialInstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "InitialVariantWeight": get(f"Parameters.{variant}Weight"),
            }
        )
    config = get("Steps.Config.EndpointConfigName")
    return definition(
        *steps,
        step("Config", "EndpointConfig", {"ProductionVariants": variants}),
        step("Serve", "Endpoint", {"EndpointName": name, "EndpointConfigName": config}),
        parameters=_parameters(name, ShortWeight=0, LongWeight=1),
    )


def served_script(name: str) -> str:
    """A script that trains a model scores a data set with it, and serves it at an endpoint."""
    source = f"s3://{BUCKET}/{name}/source/sourcedir.tar.gz"
    own = train(
        "TrainScript",
        "Split",
        {"sagemaker_program": '"abalone.py"', "sagemaker_submit_directory": f'"{source}"'},
    )
    own["Arguments"]["AlgorithmSpecification"] = {"TrainingImage": SCRIPTS, "TrainingInputMode": "File"}
    container = {
        "Image": SCRIPTS,
        "ModelDataUrl": _model("TrainScript"),
        "Environment": {
            "SAGEMAKER_PROGRAM": "abalone.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": source,
            "SAGEMAKER_CONTAINER_LOG_LEVEL": "20",
            "SAGEMAKER_REGION": "us-east-1",
        },
    }
    model = get("Steps.CreateModel.ModelName")
    rows = get("Steps.Split.ProcessingOutputConfig.Outputs['test'].S3Output.S3Uri")
    data = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": rows}}
    score = {
        "ModelName": model,
        "TransformInput": {"DataSource": data, "ContentType": "text/csv"},
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/{name}/scores", "Accept": "text/csv"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": model,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    config = get("Steps.Config.EndpointConfigName")
    return definition(
        split("Split", name),
        own,
        step("CreateModel", "Model", {"ExecutionRoleArn": ROLE, "PrimaryContainer": container}),
        step("Score", "Transform", score),
        step("Config", "EndpointConfig", {"ProductionVariants": [variant]}, DependsOn=["Score"]),
        step("Serve", "Endpoint", {"EndpointName": name, "EndpointConfigName": config}),
        parameters=_parameters(name),
    )
