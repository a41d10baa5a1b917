from __future__ import annotations

from tests.definitions import arguments, definition, get, listed, result, step

NAME = "EvaluateModel"


def test_it_reads_the_scores_and_what_they_are_measured_on() -> None:
    inputs = step(definition(), NAME)["Arguments"]["ProcessingInputs"]
    outputs = "Steps.ValidateImages.ProcessingOutputConfig.Outputs"
    assert {one["InputName"]: one["S3Input"]["S3Uri"] for one in inputs if one["InputName"] != "code"} == {
        "scores": get("Steps.ScoreValidation.TransformOutput.S3OutputPath"),
        "validation_lst": listed("validation_lst"),
        "report": get(f"{outputs}['report'].S3Output.S3Uri"),
        "validation": listed("validation_manifest/validation.manifest"),
    }
    assert {one["S3Input"]["S3DataType"] for one in inputs if one["InputName"] == "validation"} == {
        "ManifestFile"
    }


def test_it_runs_the_packed_program() -> None:
    asked = arguments(definition(evaluate={"volume_gb": 8, "max_runtime": "5m"}), NAME)
    assert asked["AppSpecification"]["ContainerEntrypoint"] == [
        "python3",
        "/opt/ml/processing/input/code/evaluate.pyz",
    ]
    assert "ContainerArguments" not in asked["AppSpecification"]
    assert asked["ProcessingResources"]["ClusterConfig"]["VolumeSizeInGB"] == 8
    assert asked["StoppingCondition"] == {"MaxRuntimeInSeconds": 300}


def test_the_gate_can_read_its_evaluation() -> None:
    one = step(definition(), NAME)
    assert one["PropertyFiles"] == [
        {"PropertyFileName": "Evaluation", "OutputName": "evaluation", "FilePath": "evaluation.json"}
    ]
    (output,) = one["Arguments"]["ProcessingOutputConfig"]["Outputs"]
    assert output["S3Output"]["S3Uri"] == result(NAME, "evaluation")
