from __future__ import annotations

import pytest

from pipeline.checks import references
from pipeline.language.definition import Step
from pipeline.language.problem import Problem
from pipeline.language.properties import NoPropertyError, offered, resolve, type_name
from pipeline.language.step import STEP_TYPES
from tests.pipeline.checks.definitions import (
    BUILT_IN,
    OUTPUTS,
    Json,
    condition,
    definition_of,
    document,
    found_by,
    get,
    join,
    step,
)


def a(kind: str) -> Step:
    return definition_of(document(step("S", kind))).steps["S"]


@pytest.mark.parametrize("kind", STEP_TYPES)
def test_what_a_step_of_every_type_offers_is_known(kind: str) -> None:
    assert offered(a(kind)) != "unknown"


def test_a_step_of_no_known_type_may_offer_anything() -> None:
    assert offered(a("Paint")) == "unknown"
    assert resolve(a("Paint"), ("Any", 0, "thing")) == "unknown"


@pytest.mark.parametrize(
    ("kind", "path", "name"),
    [
        ("Training", ("FinalMetricDataList", "a", "Value"), "float"),
        ("Training", ("SecondaryStatusTransitions", 0, "StatusMessage"), "string"),
        ("Training", ("HyperParameters", "epochs"), "string"),
        ("EMR", ("Config", "Args", 0), "string"),
        ("ForEach", ("FailedStepCount",), "integer"),
        ("ForEach", ("IterationOutputs", 0, "A", "B"), "unknown"),
        ("Endpoint", ("EndpointName",), "string"),
        ("InferenceComponent", ("InferenceComponentArn",), "string"),
        ("RegisterModel", ("ModelPackageArn",), "string"),
        ("Transform", ("TransformOutput", "S3OutputPath"), "string"),
    ],
    ids=str,
)
def test_paths_lead_somewhere(kind: str, path: tuple[str | int, ...], name: str) -> None:
    assert type_name(resolve(a(kind), path)) == name


@pytest.mark.parametrize(
    ("kind", "path", "message", "hint"),
    [
        ("Training", (0,), "Steps.S has no 0", None),
        (
            "Training",
            ("ResourceConfig", "InstanceCount", "X"),
            "is a whole number and has",
            "end the path there",
        ),
        ("Cleanup", ("Status",), "Steps.S has no 'Status'", "nothing of such a step can be referred to"),
        (
            "Lambda",
            ("OutputParameters", "x"),
            "Steps.S.OutputParameters has no 'x'",
            "declare it in the OutputParameters of that step",
        ),
    ],
    ids=str,
)
def test_paths_lead_nowhere(kind: str, path: tuple[str | int, ...], message: str, hint: str | None) -> None:
    with pytest.raises(NoPropertyError, match=message) as caught:
        resolve(a(kind), path)
    assert hint is None or caught.value.hint == hint


@pytest.mark.parametrize(
    ("definition", "problems"),
    [
        pytest.param(
            document(
                step("Train"), step("M", "Model", {"x": get("Steps.Train.ModelArtifacts.S3ModelArtifact")})
            ),
            [
                Problem(
                    "D304",
                    ("Steps", 1, "Arguments", "x", "Get"),
                    "step 'M': Steps.Train.ModelArtifacts has no 'S3ModelArtifact'",
                    hint="did you mean 'S3ModelArtifacts'?",
                )
            ],
            id="misspelt property",
        ),
        pytest.param(
            document(step("Train"), step("M", "Model", {"x": get("Steps.Train.ModelArtifacts.Uri")})),
            [
                Problem(
                    "D304",
                    ("Steps", 1, "Arguments", "x", "Get"),
                    "step 'M': Steps.Train.ModelArtifacts has no 'Uri'",
                    hint="it has S3ModelArtifacts",
                )
            ],
            id="nothing like it",
        ),
        pytest.param(
            document(step("Train"), step("M", "Model", {"x": get("Steps.Train.TrainingJobName.Value")})),
            [
                Problem(
                    "D304",
                    ("Steps", 1, "Arguments", "x", "Get"),
                    "step 'M': Steps.Train.TrainingJobName is text and has nothing inside",
                    hint="end the path there",
                )
            ],
            id="text has nothing inside",
        ),
        pytest.param(
            document(
                step("V", "Processing"),
                step("M", "Model", {"x": get("Steps.V.ModelArtifacts.S3ModelArtifacts")}),
            ),
            [
                Problem(
                    "D304",
                    ("Steps", 1, "Arguments", "x", "Get"),
                    "step 'M': Steps.V has no 'ModelArtifacts'",
                    hint=(
                        "it has AppSpecification, AutoMLJobArn, CreationTime, Environment, ExitMessage, "
                        "ExperimentConfig, FailureReason, LastModifiedTime, MonitoringScheduleArn, "
                        "NetworkConfig, … and 11 more"
                    ),
                )
            ],
            id="property of another type of step",
        ),
        pytest.param(
            document(
                step("F", "Fail", {"ErrorMessage": "no"}),
                step("M", "Model", {"x": get("Steps.F.ErrorMessage")}),
            ),
            [
                Problem(
                    "D304",
                    ("Steps", 1, "Arguments", "x", "Get"),
                    "step 'M': Steps.F has no 'ErrorMessage'",
                    hint="nothing of such a step can be referred to",
                )
            ],
            id="fail step",
        ),
        pytest.param(
            document(
                step(
                    "L",
                    "Lambda",
                    FunctionArn="f",
                    OutputParameters=[{"OutputName": "model_name", "OutputType": "String"}],
                ),
                step(
                    "M",
                    "Model",
                    {
                        "x": get("Steps.L.OutputParameters['modelname']"),
                        "y": get("Steps.L.OutputParameters['model_name']"),
                    },
                ),
            ),
            [
                Problem(
                    "D304",
                    ("Steps", 1, "Arguments", "x", "Get"),
                    "step 'M': Steps.L.OutputParameters has no 'modelname'",
                    hint="did you mean 'model_name'?",
                )
            ],
            id="output of a Lambda",
        ),
        pytest.param(
            document(
                step("C", "Callback", SqsQueueUrl="q"),
                step("M", "Model", {"x": get("Steps.C.OutputParameters['a']")}),
            ),
            [
                Problem(
                    "D304",
                    ("Steps", 1, "Arguments", "x", "Get"),
                    "step 'M': Steps.C.OutputParameters has no 'a'",
                    hint="declare it in the OutputParameters of that step",
                )
            ],
            id="output of a Callback without outputs",
        ),
        pytest.param(
            document(
                step("Q", "QualityCheck", CheckType="DATA_QUALITY"),
                step("R", "RegisterModel", {"x": get("Steps.Q.CalculatedBaselineStatistic")}),
            ),
            [
                Problem(
                    "D304",
                    ("Steps", 1, "Arguments", "x", "Get"),
                    "step 'R': Steps.Q has no 'CalculatedBaselineStatistic'",
                    hint="did you mean 'CalculatedBaselineStatistics'?",
                )
            ],
            id="quality check",
        ),
    ],
)
def test_references_to_no_property(definition: Json, problems: list[Problem]) -> None:
    assert found_by(references.problems, definition) == problems


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param(
            document(
                step("Train"), step("M", "Model", {"x": get("Steps.Train.ModelArtifacts.S3ModelArtifacts")})
            ),
            id="property",
        ),
        pytest.param(
            document(
                step("T", arguments=BUILT_IN),
                condition(
                    "C",
                    {
                        "Type": "Equals",
                        "LeftValue": get("Steps.T.FinalMetricDataList['validation:accuracy'].Value"),
                        "RightValue": 1,
                    },
                ),
            ),
            id="metric",
        ),
        pytest.param(
            document(
                step("V", "Processing", OUTPUTS),
                step(
                    "T",
                    arguments={
                        "x": get("Steps.V.ProcessingOutputConfig.Outputs['lists'].S3Output.S3Uri"),
                        "y": get("Steps.V.ProcessingOutputConfig.Outputs[1].S3Output.S3Uri"),
                    },
                ),
            ),
            id="output",
        ),
        pytest.param(
            document(
                step(
                    "V",
                    "Processing",
                    {"ProcessingOutputConfig": {"Outputs": [{"OutputName": join("a", "b")}]}},
                ),
                step(
                    "T", arguments={"x": get("Steps.V.ProcessingOutputConfig.Outputs['ab'].S3Output.S3Uri")}
                ),
            ),
            id="outputs whose names are not written out",
        ),
        pytest.param(
            document(
                step("T", "Tuning"),
                step(
                    "M",
                    "Model",
                    {
                        "x": get("Steps.T.TrainingJobSummaries[0].TrainingJobName"),
                        "y": get("Steps.T.BestTrainingJob.TrainingJobName"),
                    },
                ),
            ),
            id="tuning",
        ),
        pytest.param(
            document(
                step("T", "AutoML"),
                step(
                    "M",
                    "Model",
                    {
                        "x": get("Steps.T.BestCandidateProperties.ModelInsightsJsonReportPath"),
                        "y": get("Steps.T.BestCandidate.InferenceContainers[0].ModelDataUrl"),
                    },
                ),
            ),
            id="AutoML",
        ),
        pytest.param(
            document(
                step("E", "EMR"),
                step("M", "Model", {"x": get("Steps.E.ClusterId"), "y": get("Steps.E.Config.Args[1]")}),
            ),
            id="EMR",
        ),
        pytest.param(
            document(
                step("E", "EMRServerless"), step("M", "Model", {"x": get("Steps.E.jobRun.applicationId")})
            ),
            id="EMR Serverless",
        ),
        pytest.param(
            document(
                step("J", "Job"),
                step("M", "Model", {"x": get("Steps.J.JobConfigDocument.OutputModelPackageArn")}),
            ),
            id="document of a Job",
        ),
        pytest.param(
            document(
                step(
                    "L", "ForEach", {"IterableItems": ["a"], "MaxConcurrency": 1, "ForEachBody": [step("A")]}
                ),
                step(
                    "M",
                    "Model",
                    {
                        "x": get("Steps.L.IterationOutputs[0].A.TrainingJobName"),
                        "y": get("Steps.L.FailedStepCount"),
                    },
                ),
            ),
            id="loop",
        ),
        pytest.param(
            document(step("L", "Lineage"), step("M", "Model", {"x": get("Steps.L.ActionArns['a']")})),
            id="lineage",
        ),
        pytest.param(
            document(
                step("N"), step("M", "Model", {"x": get("Steps.N.Environment['SM_OUTPUT_NOTEBOOK_NAME']")})
            ),
            id="environment of a notebook job",
        ),
    ],
)
def test_references_to_properties(definition: Json) -> None:
    assert found_by(references.problems, definition) == []
