from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.preflight import image as module
from pipeline.preflight.image import image
from tests.pipeline.preflight.conftest import FACTS, Load
from tests.pipeline.preflight.telling import told
from tests.pipeline.stubs import stub_session

GOLDEN = Path(__file__).parents[2] / "golden" / "pipeline.json"


def test_they_are_in_the_region_and_those_that_a_definition_names(load: Load) -> None:
    (line,) = told(image(stub_session(local=False), load()))
    assert line == (
        "containers: passed: image-classification of account 811284229777, sklearn of account 683313688378 "
        "in us-east-1"
    )
    definition = json.dumps(json.loads(GOLDEN.read_text()))
    assert "811284229777.dkr.ecr.us-east-1.amazonaws.com/image-classification:1" in definition
    assert "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2" in definition


def test_the_region_has_none(load: Load) -> None:
    loaded = load(facts=replace(FACTS, region="us-moon-1"))
    hint = "check `region`: it is that of the AWS profile where the config does not say"
    assert told(image(stub_session(local=False), loaded)) == [
        (
            "containers: failed: SageMaker has no image-classification image in the region 'us-moon-1' (and "
            "1 more)"
        ),
        (
            "error D101 region-without-image: SageMaker has no image-classification image in the region "
            "'us-moon-1'\n"
            f"  hint: {hint}"
        ),
        (
            "error D101 region-without-image: SageMaker has no sklearn image in the region 'us-moon-1'\n  "
            f"hint: {hint}"
        ),
    ]


def test_the_tables_are_gone(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    assert told(image(stub_session(local=False), load())) == [
        (
            "containers: unknown: could not be checked: the SageMaker SDK's tables of images are not "
            "where they were "
            "(image-classification.json)"
        )
    ]


def test_programs_stand_for_them_locally(load: Load) -> None:
    assert told(image(stub_session(), load())) == [
        "containers: not needed: not needed on the local SageMaker"
    ]


def test_the_sdk_is_not_imported() -> None:
    code = (
        "import pipeline.preflight.image as i, sys\n"
        "i._registries('sklearn')\n"
        "print('sagemaker' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
