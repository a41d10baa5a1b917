from pipeline.errors import ConfigError, ExitCode, Finding, ImgpipeError, Place, RunError


def test_a_finding_reads_as_place_code_excerpt_details_and_hint() -> None:
    finding = Finding(
        code="C102",
        slug="unknown-key",
        message="'instance_typ' is not a key of train",
        place=Place("config/pipeline.yaml", 14, 5),
        excerpt="   14 |   instance_typ: ml.g5.xlarge\n      |   ^^^^^^^^^^^^",
        details=(("reason", "two\nlines"),),
        hint="did you mean 'instance_type'?",
    )
    assert str(finding) == (
        "config/pipeline.yaml:14:5: error C102 unknown-key: 'instance_typ' is not a key of train\n"
        "   14 |   instance_typ: ml.g5.xlarge\n"
        "      |   ^^^^^^^^^^^^\n"
        "  reason: two\n"
        "          lines\n"
        "  hint:   did you mean 'instance_type'?"
    )


def test_a_finding_without_a_place_starts_with_its_severity() -> None:
    assert str(Finding("R001", "refused", "no", severity="warning")) == "warning R001 refused: no"


def test_a_finding_for_programs_has_every_part() -> None:
    finding = Finding("C1", "x", "m", place=Place("f", 2, 3), details=(("reason", "r"),), hint="h")
    assert finding.to_json() == {
        "code": "C1",
        "name": "x",
        "severity": "error",
        "message": "m",
        "file": "f",
        "line": 2,
        "column": 3,
        "details": [{"label": "reason", "text": "r"}],
        "hint": "h",
    }


def test_an_error_tells_all_its_findings() -> None:
    error = RunError(Finding("R1", "a", "first"), Finding("R2", "b", "second"))
    assert str(error) == "error R1 a: first\n\nerror R2 b: second"
    assert isinstance(error, ImgpipeError)


def test_exit_codes_tell_usage_from_failure() -> None:
    assert int(ConfigError.exit_code) == int(ExitCode.USAGE) == 2
    assert int(RunError.exit_code) == int(ExitCode.FAILED) == 1
