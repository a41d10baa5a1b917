from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import entry
from tests.pipeline.checks.definitions import condition, document, get, parameter, step
from tests.pipeline.checks.steps import ARGUMENTS

GOOD = document(step("Train", arguments=ARGUMENTS["Training"]))
WARNED = document(step("Train", arguments=ARGUMENTS["Training"]), parameters=(parameter("Unused"),))

Run = Callable[..., tuple[int | str | None, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `imgpipe` in an empty folder: its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int | str | None, str, str]:
        with pytest.raises(SystemExit) as caught:
            entry.main(arguments)
        told = capsys.readouterr()
        return caught.value.code, told.out, told.err

    return call


def write(content: Any, name: str = "d.json") -> str:
    Path(name).write_text(content if isinstance(content, str) else json.dumps(content, indent=2))
    return name


def test_a_good_definition(run: Run) -> None:
    assert run("validate", "--definition", write(GOOD)) == (0, "d.json: valid\n", "")


def test_warnings_are_told_and_let_it_pass(run: Run) -> None:
    assert run("validate", "--definition", write(WARNED)) == (
        0,
        "d.json: valid, 1 warning\n",
        (
            "d.json:5:15: warning D311 unused-parameter: parameter 'Unused' is declared and never used\n"
            "    4 |     {\n"
            '    5 |       "Name": "Unused",\n'
            "      |               ^^^^^^^^\n"
            "  hint: remove it, or refer to it\n"
        ),
    )


def test_everything_that_is_wrong_is_told_at_once(run: Run) -> None:
    wrong = document(
        step("Train", arguments={**ARGUMENTS["Training"], "RoleArn": get("Parameters.Rol")}),
        condition("Gate", {"Type": "Equal", "LeftValue": 1, "RightValue": 1}),
        parameters=(parameter("Role"),),
    )
    code, out, err = run("validate", "--definition", write(wrong))
    assert (code, out) == (2, "")
    assert err == (
        "d.json:5:15: warning D311 unused-parameter: parameter 'Role' is declared and never used\n"
        "    4 |     {\n"
        '    5 |       "Name": "Role",\n'
        "      |               ^^^^^^\n"
        "  hint: remove it, or refer to it\n"
        "\n"
        "d.json:15:18: error D301 undeclared-parameter: step 'Train': there is no parameter 'Rol'; there are "
        "Role\n"
        '   14 |         "RoleArn": {\n'
        '   15 |           "Get": "Parameters.Rol"\n'
        "      |                  ^^^^^^^^^^^^^^^^\n"
        "  hint: did you mean 'Role'?\n"
        "\n"
        "d.json:54:13: error D127 malformed-condition: step 'Gate': Type of a condition is one of Equals, "
        'GreaterThan, GreaterThanOrEqualTo, LessThan, LessThanOrEqualTo, In, Not, Or, not "Equal"\n'
        "   53 |           {\n"
        '   54 |             "Type": "Equal",\n'
        "      |             ^^^^^^\n"
        "  hint: did you mean 'Equals'?\n"
    )


def test_programs_are_told_too(run: Run) -> None:
    code, out, err = run("validate", "--definition", write(WARNED), "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "valid": True,
        "findings": [
            {
                "code": "D311",
                "name": "unused-parameter",
                "severity": "warning",
                "message": "parameter 'Unused' is declared and never used",
                "file": "d.json",
                "line": 5,
                "column": 15,
                "details": [],
                "hint": "remove it, or refer to it",
            }
        ],
    }
    code, out, err = run("validate", "--definition", write("{}"), "--json")
    assert (code, err) == (2, "")
    assert json.loads(out)["valid"] is False


def test_a_definition_from_stdin(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(GOOD).encode())))
    assert run("validate", "--definition", "-") == (0, "<stdin>: valid\n", "")


def test_the_answer_of_describe_pipeline_is_opened(run: Run) -> None:
    answer = {"PipelineArn": "arn", "PipelineDefinition": json.dumps(WARNED), "PipelineName": "p"}
    code, out, err = run("validate", "--definition", write(answer))
    assert (code, out) == (0, "d.json(PipelineDefinition): valid, 1 warning\n")
    assert err.startswith("d.json(PipelineDefinition):1:51: warning D311 unused-parameter")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(
            b"",
            "d.json:1:1: error D110 not-json: it is empty\n"
            "    1 |\n"
            "      | ^\n"
            "  hint: a definition is a JSON object with Version and Steps\n",
            id="empty",
        ),
        pytest.param(
            b"version: 1\nname: x\n",
            "d.json:1:1: error D110 not-json: it is not JSON: Expecting value: line 1 column 1 (char 0)\n"
            "    1 | version: 1\n"
            "      | ^\n"
            "  hint: a definition is JSON; `imgpipe validate -c FILE` checks a YAML config\n",
            id="YAML",
        ),
        pytest.param(
            b'{"Steps": [],}',
            "d.json:1:14: error D110 not-json: it is not JSON: Expecting property name enclosed in double "
            "quotes: line 1 column 14 (char 13)\n"
            '    1 | {"Steps": [],}\n'
            "      |              ^\n"
            "  hint: remove the comma before '}'\n",
            id="comma",
        ),
        pytest.param(
            b"[1]",
            "d.json:1:1: error D112 not-a-definition: it must be a JSON object\n    1 | [1]\n      | ^\n",
            id="list",
        ),
        pytest.param(
            b"\x1f\x8b\x08\x00\n\xff",
            "error C002 unreadable-file: d.json is not text in UTF-8: byte 0x8b in line 1\n"
            "  hint: a definition is JSON; save it as UTF-8\n",
            id="binary",
        ),
        pytest.param(
            b" " * (16 * 1024 * 1024 + 1),
            "error C002 unreadable-file: d.json is larger than 16 MiB\n"
            "  hint: SageMaker takes a definition of 1 MiB; is this the right file?\n",
            id="huge",
        ),
    ],
)
def test_files_that_hold_no_definition(run: Run, content: bytes, told: str) -> None:
    Path("d.json").write_bytes(content)
    assert run("validate", "--definition", "d.json") == (2, "", told)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param(
            "gone.json",
            "error C002 unreadable-file: gone.json does not exist\n  hint: check the path\n",
            id="no file",
        ),
        pytest.param(
            ".",
            "error C002 unreadable-file: . is a folder\n  hint: name the JSON file in it\n",
            id="folder",
        ),
        pytest.param(
            "a\0b",
            "error C002 unreadable-file: a·b cannot be read: embedded null byte\n"
            "  hint: check the path and its rights\n",
            id="no name",
        ),
    ],
)
def test_names_of_no_file(run: Run, name: str, told: str) -> None:
    assert run("validate", "--definition", name) == (2, "", told)


def test_a_file_with_a_byte_order_mark(run: Run) -> None:
    Path("d.json").write_text(json.dumps(GOOD), encoding="utf-8-sig")
    assert run("validate", "--definition", "d.json") == (0, "d.json: valid\n", "")


def test_neither_the_sdk_nor_boto3_is_imported(tmp_path: Path) -> None:
    file = tmp_path / "d.json"
    file.write_text(json.dumps(GOOD))
    code = (
        "import sys\n"
        "from pipeline.cli import definition_file\n"
        "assert 'botocore' not in sys.modules\n"
        "assert definition_file.check(sys.argv[1]).findings == ()\n"
        "print(sorted({'boto3', 'sagemaker', 'torch', 'numpy', 'moto'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
