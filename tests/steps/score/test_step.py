from __future__ import annotations

from tests.definitions import arguments as given_to
from tests.definitions import definition, get, join, listed, result, step

CLASSES = join(
    "/", get("Steps.ValidateImages.ProcessingOutputConfig.Outputs['report'].S3Output.S3Uri"), "classes.json"
)


def test_the_model_knows_where_its_label_names_are() -> None:
    container = step(definition(), "CreateModel")["Arguments"]["PrimaryContainer"]
    assert container["Environment"] == {"IMGPIPE_CLASSES_URI": CLASSES}
    assert container["ModelDataUrl"] == get("Steps.TrainModel.ModelArtifacts.S3ModelArtifacts")


def test_the_model_serves_with_the_image_that_trained_it() -> None:
    document = definition()
    trained_by = step(document, "TrainModel")["Arguments"]["AlgorithmSpecification"]["TrainingImage"]
    assert step(document, "CreateModel")["Arguments"]["PrimaryContainer"]["Image"] == trained_by


def test_every_listed_image_is_one_request() -> None:
    arguments = step(definition(), "ScoreValidation")["Arguments"]
    assert arguments["ModelName"] == get("Steps.CreateModel.ModelName")
    assert arguments["TransformInput"] == {
        "ContentType": "application/x-image",
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "ManifestFile",
                "S3Uri": listed("validation_manifest/validation.manifest"),
            }
        },
        "SplitType": "None",
    }
    assert (arguments["BatchStrategy"], arguments["MaxPayloadInMB"]) == ("SingleRecord", 6)
    assert arguments["TransformOutput"] == {
        "Accept": "application/json",
        "AssembleWith": "None",
        "S3OutputPath": result("ScoreValidation"),
    }


def test_machines() -> None:
    document = definition(score={"instance_type": ["ml.m4.xlarge", "ml.c5.xlarge"], "instance_count": 3})
    resources = given_to(document, "ScoreValidation")["TransformResources"]
    assert resources == {"InstanceCount": 3, "InstanceType": "ml.c5.xlarge"}
