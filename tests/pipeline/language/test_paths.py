from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.language.paths import Path, PathError, parse, walk

VALUE = {
    "ModelArtifacts": {"S3ModelArtifacts": "s3://b/m.tar.gz"},
    "Outputs": [{"OutputName": "train", "S3Output": {"S3Uri": "s3://b/t"}}, {"OutputName": "report"}],
    "FinalMetricDataList": [{"MetricName": "validation:accuracy", "Value": 0.9}],
    "HyperParameters": {"a.b": "1", "0": "zero"},
    "macro avg": {"f1": 0.5},
}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        pytest.param("a", ("a",), id="a name"),
        pytest.param("a.b.c", ("a", "b", "c"), id="names"),
        pytest.param("a[0].b", ("a", 0, "b"), id="a position"),
        pytest.param("a[-1]", ("a", -1), id="from the end"),
        pytest.param("a['x.y'].b", ("a", "x.y", "b"), id="a quoted key"),
        pytest.param('a["it\'s"]', ("a", "it's"), id="double quotes"),
        pytest.param("a[0][1]", ("a", 0, 1), id="positions in a row"),
        pytest.param("$.a.b", ("a", "b"), id="JSONPath"),
        pytest.param("$[0]", (0,), id="JSONPath of a list"),
        pytest.param("macro avg.f1", ("macro avg", "f1"), id="a space"),
        pytest.param("a['validation:accuracy'].Value", ("a", "validation:accuracy", "Value"), id="a metric"),
    ],
)
def test_parse(text: str, path: Path) -> None:
    assert parse(text) == path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "'' is not a path: it is empty", id="empty"),
        pytest.param("$", "'$' is not a path: it is empty", id="root"),
        pytest.param("a..b", "'a..b' is not a path: cannot read it from '..b'", id="two dots"),
        pytest.param("a.", "'a.' is not a path: cannot read it from '.'", id="dot at the end"),
        pytest.param(".a", "'.a' is not a path: cannot read it from '.a'", id="dot at the start"),
        pytest.param("a[x]", "'a[x]' is not a path: cannot read it from '[x]'", id="no number"),
        pytest.param("a['x'", "'a['x'' is not a path: cannot read it from '['x''", id="not closed"),
        pytest.param("a[0]b", "'a[0]b' is not a path: a dot is missing before 'b'", id="no dot"),
    ],
)
def test_parse_refuses(text: str, message: str) -> None:
    with pytest.raises(PathError) as caught:
        parse(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ModelArtifacts.S3ModelArtifacts", "s3://b/m.tar.gz"),
        ("Outputs['train'].S3Output.S3Uri", "s3://b/t"),
        ("Outputs[0].S3Output.S3Uri", "s3://b/t"),
        ("Outputs[-1].OutputName", "report"),
        ("FinalMetricDataList['validation:accuracy'].Value", 0.9),
        ("HyperParameters['a.b']", "1"),
        ("HyperParameters[0]", "zero"),
        ("macro avg.f1", 0.5),
    ],
)
def test_walk(text: str, value: object) -> None:
    assert walk(VALUE, parse(text), "Steps.T") == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "Nothing",
            "Steps.T has no 'Nothing'; it has FinalMetricDataList, HyperParameters, ModelArtifacts, Outputs, "
            "macro avg",
            id="of a map",
        ),
        pytest.param(
            "Outputs['test']",
            "Steps.T.Outputs has no 'test'; it is a list of 2: train, report",
            id="of a list",
        ),
        pytest.param("Outputs[2]", "Steps.T.Outputs has no 2; it is a list of 2: train, report", id="beyond"),
        pytest.param(
            "ModelArtifacts.S3ModelArtifacts.X",
            "Steps.T.ModelArtifacts.S3ModelArtifacts has no 'X'; it is 's3://b/m.tar.gz'",
            id="of a text",
        ),
        pytest.param("macro avg.x", "Steps.T['macro avg'] has no 'x'; it has f1", id="a quoted place"),
    ],
)
def test_walk_says_what_there_is(text: str, message: str) -> None:
    with pytest.raises(PathError) as caught:
        walk(VALUE, parse(text), "Steps.T")
    assert str(caught.value) == message


@given(st.text(max_size=30))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    try:
        parts = parse(text)
    except PathError:
        return
    assert parts


_names = st.text(string.ascii_letters + string.digits + "_-:", min_size=1, max_size=5).filter(
    lambda name: not name.startswith("$")
)


@given(st.lists(_names | st.integers(0, 9), min_size=1, max_size=6))
def test_a_written_path_is_read_back(parts: list[str | int]) -> None:
    text = "$" + "".join(f"['{part}']" if isinstance(part, str) else f"[{part}]" for part in parts)
    assert parse(text) == tuple(parts)
