from __future__ import annotations

import pytest

from pipeline.checks import references
from pipeline.language.problem import Problem
from tests.pipeline.checks.definitions import (
    BUILT_IN,
    OUTPUTS,
    Json,
    condition,
    document,
    found_by,
    get,
    join,
    parameter,
    step,
)


@pytest.mark.parametrize(
    ("definition", "problems"),
    [
        pytest.param(
            document(
                step("V", "Processing", OUTPUTS),
                step(
                    "T",
                    arguments={"x": get("Steps.V.ProcessingOutputConfig.Outputs['reports'].S3Output.S3Uri")},
                ),
            ),
            [
                Problem(
                    "D305",
                    ("Steps", 1, "Arguments", "x", "Get"),
                    "step 'T': step 'V' declares no output 'reports'",
                    hint="did you mean 'report'?",
                )
            ],
            id="output",
        ),
        pytest.param(
            document(
                step("V", "Processing"),
                step(
                    "T",
                    arguments={"x": get("Steps.V.ProcessingOutputConfig.Outputs['report'].S3Output.S3Uri")},
                ),
            ),
            [
                Problem(
                    "D305",
                    ("Steps", 1, "Arguments", "x", "Get"),
                    "step 'T': step 'V' declares no output 'report'",
                    hint="its outputs: none",
                )
            ],
            id="output of none",
        ),
        pytest.param(
            document(
                step("V", "Processing", OUTPUTS),
                step("T", arguments={"x": get("Steps.V.ProcessingOutputConfig.Outputs[2].S3Output.S3Uri")}),
            ),
            [
                Problem(
                    "D305",
                    ("Steps", 1, "Arguments", "x", "Get"),
                    "step 'T': step 'V' declares 2 outputs, and there is none at [2]",
                    hint="its outputs, from [0]: report, lists",
                )
            ],
            id="output by number",
        ),
        pytest.param(
            document(
                step("V", "Processing", {"ProcessingInputs": [{"InputName": "train"}]}),
                step("T", arguments={"x": get("Steps.V.ProcessingInputs['trian'].S3Input.S3Uri")}),
            ),
            [
                Problem(
                    "D305",
                    ("Steps", 1, "Arguments", "x", "Get"),
                    "step 'T': step 'V' declares no input 'trian'",
                    hint="did you mean 'train'?",
                )
            ],
            id="input",
        ),
        pytest.param(
            document(
                step("T", arguments={"InputDataConfig": [{"ChannelName": "train"}]}),
                step("U", arguments={"x": get("Steps.T.InputDataConfig['test'].ContentType")}),
            ),
            [
                Problem(
                    "D305",
                    ("Steps", 1, "Arguments", "x", "Get"),
                    "step 'U': step 'T' declares no channel 'test'",
                    hint="its channels: train",
                )
            ],
            id="channel",
        ),
        pytest.param(
            document(
                step("E", "EndpointConfig", {"ProductionVariants": [{"VariantName": "all"}]}),
                step("U", arguments={"x": get("Steps.E.ProductionVariants['al'].ModelName")}),
            ),
            [
                Problem(
                    "D305",
                    ("Steps", 1, "Arguments", "x", "Get"),
                    "step 'U': step 'E' declares no variant 'al'",
                    hint="did you mean 'all'?",
                )
            ],
            id="variant",
        ),
        pytest.param(
            document(
                step("T", arguments=BUILT_IN),
                condition(
                    "C",
                    {
                        "Type": "Equals",
                        "LeftValue": get("Steps.T.FinalMetricDataList['validation:acuracy'].Value"),
                        "RightValue": 1,
                    },
                ),
            ),
            [
                Problem(
                    "D306",
                    ("Steps", 1, "Arguments", "Conditions", 0, "LeftValue", "Get"),
                    ("step 'C': step 'T' publishes no metric 'validation:acuracy' as far as one can tell"),
                    hint="did you mean 'validation:accuracy'?",
                    why=(
                        "these are the metrics that the built-in image-classification algorithm is seen "
                        "to publish; a step that reads it then fails"
                    ),
                    severity="warning",
                )
            ],
            id="metric of the built-in algorithm",
        ),
        pytest.param(
            document(
                step(
                    "T",
                    arguments={
                        "AlgorithmSpecification": {"MetricDefinitions": [{"Name": "loss", "Regex": "x"}]}
                    },
                ),
                condition(
                    "C",
                    {
                        "Type": "Equals",
                        "LeftValue": get("Steps.T.FinalMetricDataList['accuracy'].Value"),
                        "RightValue": 1,
                    },
                ),
            ),
            [
                Problem(
                    "D306",
                    ("Steps", 1, "Arguments", "Conditions", 0, "LeftValue", "Get"),
                    "step 'C': step 'T' publishes no metric 'accuracy' as far as one can tell",
                    hint="its metrics: loss",
                    why=("these are the MetricDefinitions of its algorithm; a step that reads it then fails"),
                    severity="warning",
                )
            ],
            id="metric of an algorithm with definitions",
        ),
        pytest.param(
            document(
                condition(
                    "Gate",
                    then=(step("A"),),
                    otherwise=(step("B", "Model", {"x": get("Steps.A.ModelArtifacts.S3ModelArtifacts")}),),
                )
            ),
            [
                Problem(
                    "D307",
                    ("Steps", 0, "Arguments", "ElseSteps", 0, "Arguments", "x", "Get"),
                    "step 'B': it waits for 'A', which stands in the other branch of 'Gate'",
                    hint="put both into one branch, or wait for a step before 'Gate'",
                    why="only one of the two branches runs: it would never run",
                )
            ],
            id="other branch",
        ),
        pytest.param(
            document(condition("Gate", then=(step("A", DependsOn=["B"]),), otherwise=(step("B"),))),
            [
                Problem(
                    "D307",
                    ("Steps", 0, "Arguments", "IfSteps", 0, "DependsOn", 0),
                    "step 'A': it waits for 'B', which stands in the other branch of 'Gate'",
                    hint="put both into one branch, or wait for a step before 'Gate'",
                    why="only one of the two branches runs: it would never run",
                )
            ],
            id="other branch by name",
        ),
        pytest.param(
            document(condition("Gate", then=(step("A"),)), step("B", DependsOn=["A"])),
            [
                Problem(
                    "D308",
                    ("Steps", 1, "DependsOn", 0),
                    "step 'B': it waits for 'A', which runs only if 'Gate' holds",
                    hint="put it into the same branch, or give each branch such a step",
                    why="SageMaker Pipelines runs a step when all that it waits for has completed",
                    severity="warning",
                )
            ],
            id="may not run",
        ),
        pytest.param(
            document(
                condition("Gate", otherwise=(step("A"),)),
                step("B", arguments={"x": get("Steps.A.TrainingJobName")}),
            ),
            [
                Problem(
                    "D308",
                    ("Steps", 1, "Arguments", "x", "Get"),
                    "step 'B': it waits for 'A', which runs only if 'Gate' does not hold",
                    hint="put it into the same branch, or give each branch such a step",
                    why="SageMaker Pipelines runs a step when all that it waits for has completed",
                    severity="warning",
                )
            ],
            id="may not run, else",
        ),
        pytest.param(
            document(condition("C", then=(step("A"),)), condition("D", then=(step("B", DependsOn=["A"]),))),
            [
                Problem(
                    "D308",
                    ("Steps", 1, "Arguments", "IfSteps", 0, "DependsOn", 0),
                    "step 'B': it waits for 'A', which runs only if 'C' holds",
                    hint="put it into the same branch, or give each branch such a step",
                    why="SageMaker Pipelines runs a step when all that it waits for has completed",
                    severity="warning",
                )
            ],
            id="branch of another condition",
        ),
        pytest.param(
            document(
                step(
                    "V",
                    "Processing",
                    OUTPUTS,
                    PropertyFiles=[{"PropertyFileName": "R", "OutputName": "reprot", "FilePath": "r.json"}],
                )
            ),
            [
                Problem(
                    "D309",
                    ("Steps", 0, "PropertyFiles", 0, "OutputName"),
                    ("step 'V': property file 'R' is in output 'reprot', which the step does not declare"),
                    hint="did you mean 'report'?",
                )
            ],
            id="property file without output",
        ),
        pytest.param(
            document(
                condition(
                    "C",
                    {
                        "Type": "Equals",
                        "LeftValue": {
                            "Std:JsonGet": {
                                "S3Uri": join("s3://b/", get("Execution.PipelineExecutionId")),
                                "Path": "x",
                            }
                        },
                        "RightValue": 1,
                    },
                )
            ),
            [
                Problem(
                    "D310",
                    ("Steps", 0, "Arguments", "Conditions", 0, "LeftValue", "Std:JsonGet"),
                    ("step 'C': Std:JsonGet reads a file on S3, and the step waits for nobody to write it"),
                    hint="name the step that writes it in DependsOn, if a step of this pipeline does",
                    severity="warning",
                )
            ],
            id="file on S3 of nobody",
        ),
        pytest.param(
            document(
                step("A", arguments={"x": join(get("Parameters.Used"))}),
                parameters=(parameter("Used"), parameter("Unused"), parameter("Name")),
                PipelineExperimentConfig={"ExperimentName": get("Parameters.Name")},
            ),
            [
                Problem(
                    "D311",
                    ("Parameters", 1, "Name"),
                    "parameter 'Unused' is declared and never used",
                    hint="remove it, or refer to it",
                    severity="warning",
                )
            ],
            id="unused parameters",
        ),
    ],
)
def test_references_that_lead_nowhere(definition: Json, problems: list[Problem]) -> None:
    assert found_by(references.problems, definition) == problems


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param(
            document(condition("C"), step("M", "Model", {"x": get("Steps.C.Outcome")})),
            id="outcome of a condition",
        ),
        pytest.param(
            document(condition("C", then=(step("A"), step("B", DependsOn=["A"])))), id="same branch"
        ),
        pytest.param(
            document(
                condition("C", then=(step("A"), condition("D", then=(step("B", DependsOn=["A", "D"]),))))
            ),
            id="nested branches",
        ),
        pytest.param(
            document(
                condition("C", then=(step("A"),)), step("B", DependsOn=[{"Step": "A", "Trigger": "Any"}])
            ),
            id="waits for whatever end",
        ),
        pytest.param(
            document(
                step("V"),
                condition(
                    "C",
                    {
                        "Type": "Equals",
                        "LeftValue": {
                            "Std:JsonGet": {
                                "S3Uri": join(get("Steps.V.OutputDataConfig.S3OutputPath"), "/x.json"),
                                "Path": "x",
                            }
                        },
                        "RightValue": 1,
                    },
                ),
            ),
            id="file on S3 of a step before",
        ),
        pytest.param(
            document(
                step(
                    "V",
                    "Processing",
                    OUTPUTS,
                    PropertyFiles=[{"PropertyFileName": "R", "OutputName": "report", "FilePath": "r.json"}],
                )
            ),
            id="property file",
        ),
    ],
)
def test_references_that_lead_somewhere(definition: Json) -> None:
    assert found_by(references.problems, definition) == []


@pytest.mark.parametrize("path", ["[0].CurrentInstanceCount", "['all'].CurrentWeight"])
def test_variants_of_an_endpoint_are_those_of_its_configuration(path: str) -> None:
    endpoint = step("E", "Endpoint", {"EndpointConfigName": "c", "EndpointName": "e"})
    user = step("U", arguments={"x": get(f"Steps.E.ProductionVariants{path}")})
    assert found_by(references.problems, document(endpoint, user)) == []
