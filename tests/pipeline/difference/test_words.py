import pytest

from pipeline.difference.words import worded, worded_pair
from tests.definitions import get, join, json_get


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param("plain text", "plain text", id="text"),
        pytest.param("", '""', id="empty text"),
        pytest.param(" edge", '" edge"', id="text with a space at its edge"),
        pytest.param("a\nb", '"a\\nb"', id="lines"),
        pytest.param("Größe", "Größe", id="letters of any script"),
        pytest.param("\x1b[31mred", '"\\u001b[31mred"', id="escape codes do not reach the terminal"),
        pytest.param("a\u202eb", '"a\\u202eb"', id="nor does a change of direction"),
        pytest.param(10, "10", id="integer"),
        pytest.param(0.5, "0.5", id="float"),
        pytest.param(True, "true", id="Boolean"),
        pytest.param(None, "null", id="null"),
        pytest.param(["a", 1, get("Parameters.B")], "a, 1, ${B}", id="list"),
        pytest.param([], "[]", id="empty list"),
        pytest.param({"b": 1, "a": [True]}, "{a: true, b: 1}", id="map"),
        pytest.param({}, "{}", id="empty map"),
        pytest.param(get("Parameters.TrainData"), "${TrainData}", id="parameter"),
        pytest.param(get("Execution.PipelineName"), "${Execution.PipelineName}", id="variable"),
        pytest.param(
            get("Steps.TrainModel.ModelArtifacts.S3ModelArtifacts"),
            "${TrainModel.ModelArtifacts.S3ModelArtifacts}",
            id="property",
        ),
        pytest.param(
            get("Steps.V.ProcessingOutputConfig.Outputs['report'].S3Output.S3Uri"),
            "${V.ProcessingOutputConfig.Outputs[report].S3Output.S3Uri}",
            id="property of a named item",
        ),
        pytest.param(
            join("/", "s3:/", "b", get("Execution.PipelineExecutionId"), "x"),
            "s3://b/${Execution.PipelineExecutionId}/x",
            id="join",
        ),
        pytest.param(join("", "at least ", 0.9), "at least 0.9", id="join of a number"),
        pytest.param(
            json_get("num_classes", "V.PropertyFiles.Report"), "${V.Report: num_classes}", id="json"
        ),
        pytest.param(
            {"Std:JsonGet": {"S3Uri": join("/", "s3:/", "b", get("Parameters.P")), "Path": "a.b"}},
            "${s3://b/${P}: a.b}",
            id="json of an object",
        ),
        pytest.param({"Get": 7}, '{"Get": 7}', id="malformed get"),
        pytest.param({"Std:Join": {"On": 1}}, '{"Std:Join": {"On": 1}}', id="malformed join"),
        pytest.param({"Std:Join": "a"}, '{"Std:Join": "a"}', id="join without a map"),
        pytest.param({"Std:JsonGet": {"Path": "a"}}, '{"Std:JsonGet": {"Path": "a"}}', id="malformed json"),
        pytest.param({"Std:New": {"a": 1}}, '{"Std:New": {"a": 1}}', id="unknown function"),
        pytest.param({"Get": "\x1b"}, '{"Get": "\\u001b"}', id="escape code in a get"),
        pytest.param({"\x1b": 1}, '{"\\u001b": 1}', id="escape code in a key"),
    ],
)
def test_values_in_words(value: object, words: str) -> None:
    assert worded(value) == words


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param("a", "b", ("a", "b"), id="as words"),
        pytest.param("10", 10, ('"10"', "10"), id="text and number"),
        pytest.param(
            "${A}", get("Parameters.A"), ('"${A}"', '{"Get": "Parameters.A"}'), id="what looks like a get"
        ),
        pytest.param(["a, b"], ["a", "b"], ('["a, b"]', '["a", "b"]'), id="lists"),
    ],
)
def test_different_values_have_different_words(old: object, new: object, words: tuple[str, str]) -> None:
    assert worded_pair(old, new) == words
