from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.account import PLACEHOLDERS
from pipeline.config.loader import Loaded, load_config
from pipeline.definition import Definition
from pipeline.pricing.costs import Costs
from pipeline.pricing.estimate import costs
from pipeline.session import Session
from tests.pipeline.products import product
from tests.pipeline.stubs import client_error, stub_session

Json = dict[str, Any]

CONFIG = Path(__file__).parents[3] / "config" / "quickstart.yaml"
GOLDEN = Path(__file__).parents[2] / "golden"
START = datetime(2026, 1, 1, tzinfo=UTC)
ARN = "arn:aws:sagemaker:us-east-1:111122223333:pipeline/digits/execution/abc123def456"
DENIED = client_error("AccessDeniedException", "not authorized")

PRICES = (
    product("USE1-Processing:ml.m5.large", "0.1150000000"),
    product("USE1-Train:ml.g5.xlarge", "1.4080000000"),
    product("USE1-Tsform:ml.m5.xlarge", "0.2300000000"),
    product("USE1-Host:ml.m5.xlarge", "0.2300000000"),
)
HOURS = {"ValidateImages": 0.1, "TrainModel": 0.5, "ScoreValidation": 0.25, "EvaluateModel": 0.1}


def get(name: str) -> Json:
    return {"Get": f"Parameters.{name}"}


def definition(*, spot: bool = False, machines: int = 1) -> Definition:
    """What costs something in a definition, machines and limits as parameters here and there."""
    processing = {
        "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large"}},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }
    training: Json = {
        "ResourceConfig": {
            "InstanceCount": get("TrainInstanceCount"),
            "InstanceType": get("TrainInstanceType"),
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": get("TrainMaxRuntime")},
    }
    transform = {"TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge"}}
    variant = {"InitialInstanceCount": 2, "InstanceType": "ml.m5.xlarge"}
    if spot:
        training["EnableManagedSpotTraining"] = True
    document = {
        "Version": "2020-12-01",
        "Parameters": [
            {"Name": "TrainInstanceType", "Type": "String", "DefaultValue": "ml.g5.xlarge"},
            {"Name": "TrainInstanceCount", "Type": "Integer", "DefaultValue": machines},
            {"Name": "TrainMaxRuntime", "Type": "Integer", "DefaultValue": 86_400},
        ],
        "Steps": [
            {"Name": "ValidateImages", "Type": "Processing", "Arguments": processing},
            {"Name": "TrainModel", "Type": "Training", "Arguments": training},
            {"Name": "CreateModel", "Type": "Model", "Arguments": {}},
            {"Name": "ScoreValidation", "Type": "Transform", "Arguments": transform},
            {"Name": "EvaluateModel", "Type": "Processing", "Arguments": processing},
            {"Name": "Config", "Type": "EndpointConfig", "Arguments": {"ProductionVariants": [variant]}},
        ],
    }
    return Definition("digits", json.dumps(document), ())


def executions(*statuses: str) -> Json:
    return {
        "PipelineExecutionSummaries": [
            {
                "PipelineExecutionArn": ARN if status == "Succeeded" else f"{ARN}-{status}",
                "PipelineExecutionStatus": status,
            }
            for status in statuses
        ]
    }


def steps(**changes: Json) -> Json:
    listed = [
        {
            "StepName": name,
            "StartTime": START,
            "EndTime": START + timedelta(hours=hours),
            **changes.get(name, {}),
        }
        for name, hours in HOURS.items()
    ]
    return {"PipelineExecutionSteps": listed}


def asked(*, prices: Any = PRICES, history: Any = None, ran: Json | None = None) -> Session:
    return stub_session(
        local=False,
        pricing={"get_products": prices if isinstance(prices, Exception) else {"PriceList": list(prices)}},
        sagemaker={
            "list_pipeline_executions": history if history is not None else executions("Succeeded"),
            "list_pipeline_execution_steps": ran or steps(),
        },
    )


@pytest.fixture
def loaded() -> Loaded:
    return load_config(CONFIG, facts=PLACEHOLDERS, environ={})


class TestLines:
    def of(self, session: Session, loaded: Loaded, **changes: Any) -> list[str]:
        return costs(session, loaded, definition(**changes)).lines()

    def test_after_an_execution_that_succeeded(self, loaded: Loaded) -> None:
        history = executions("Executing", "Failed", "Succeeded")
        assert self.of(asked(history=history), loaded, machines=2) == [
            "a run: about 1.49 USD, as long as execution abc123def456 took",
            "  ValidateImages: 0.10 h on 1 ml.m5.large at 0.115 USD/h = 0.01 USD",
            "  TrainModel: 0.50 h on 2 ml.g5.xlarge at 1.408 USD/h = 1.41 USD",
            "  ScoreValidation: 0.25 h on 1 ml.m5.xlarge at 0.23 USD/h = 0.06 USD",
            "  EvaluateModel: 0.10 h on 1 ml.m5.large at 0.115 USD/h = 0.01 USD",
            "a month of the endpoint: 335.80 USD (730 h on 2 ml.m5.xlarge at 0.23 USD/h)",
            "not included: S3, disks of jobs, logs, data transfer, taxes, discounts",
        ]

    @pytest.mark.parametrize(
        "history",
        [
            pytest.param(executions("Failed", "Stopped"), id="none succeeded"),
            pytest.param(client_error("ResourceNotFound", "Pipeline does not exist"), id="no pipeline yet"),
            pytest.param(DENIED, id="denied"),
        ],
    )
    def test_before_any(self, history: Any, loaded: Loaded) -> None:
        assert self.of(asked(history=history), loaded)[:2] == [
            (
                "a run: unknown, as no execution tells how long its jobs take; at most 34.02 USD if every "
                "step took "
                "its max_runtime (ScoreValidation not counted)"
            ),
            "  ValidateImages: 1 ml.m5.large at 0.115 USD/h",
        ]

    def test_a_step_that_did_not_really_run_tells_nothing(self, loaded: Loaded) -> None:
        ran = steps(TrainModel={"CacheHitResult": {"SourcePipelineExecutionArn": ARN}})
        lines = self.of(asked(ran=ran), loaded)
        assert lines[0].startswith("a run: unknown, as no execution tells how long its jobs take; at most ")
        assert lines[2] == "  TrainModel: 1 ml.g5.xlarge at 1.408 USD/h"

    def test_spot_machines(self, loaded: Loaded) -> None:
        assert self.of(asked(), loaded, spot=True)[2] == (
            "  TrainModel: 0.50 h on 1 ml.g5.xlarge at 1.408 USD/h = 0.70 USD on demand; less on spot "
            "machines, "
            "how much is known only afterwards"
        )

    def test_a_price_that_is_not_listed(self, loaded: Loaded) -> None:
        lines = self.of(asked(prices=PRICES[1:]), loaded)
        assert lines[:2] == [
            (
                "a run: unknown, as not all prices are known; at most 33.79 USD if every step took its "
                "max_runtime "
                "(ValidateImages, ScoreValidation, EvaluateModel not counted)"
            ),
            (
                "  ValidateImages: 1 ml.m5.large at a price that is unknown: AWS's price list has no hourly "
                "price for "
                "Processing:ml.m5.large in us-east-1"
            ),
        ]

    def test_prices_may_not_be_asked(self, loaded: Loaded) -> None:
        assert self.of(asked(prices=DENIED), loaded) == [
            "costs unknown: the caller may not pricing:GetProducts"
        ]

    def test_the_local_sagemaker_costs_nothing(self, loaded: Loaded) -> None:
        found = costs(stub_session(), loaded, definition())
        assert found == Costs(local=True)
        assert found.lines() == ["costs nothing: it runs on this machine"]


@pytest.mark.parametrize("golden", sorted(GOLDEN.glob("*.json")), ids=lambda path: str(path.stem))
def test_every_golden_definition_can_be_priced(golden: Path, loaded: Loaded) -> None:
    """Each job and endpoint of a real definition is found, with its machines, count and limit."""
    built = Definition(golden.stem, golden.read_text(encoding="utf-8"), ())
    found = costs(asked(), loaded, built)
    assert [(job.machines.name, job.machines.kind) for job in found.jobs] == [
        ("ValidateImages", "processing"),
        ("TrainModel", "training"),
        ("ScoreValidation", "transform"),
        ("EvaluateModel", "processing"),
    ]
    assert all(one.type.startswith("ml.") and one.count for one in found.machines())
    assert [job.limit is None for job in found.jobs] == [False, False, True, False]
    assert bool(found.endpoints) is ('"EndpointConfig"' in built.text)
    assert found.jobs[1].spot is ("EnableManagedSpotTraining" in built.text)


class TestJson:
    def test_known(self, loaded: Loaded) -> None:
        told: Any = costs(asked(), loaded, definition()).to_json()
        assert (told["local"], told["run"]["cost"], told["run"]["execution"]) == (False, 0.7845, ARN)
        assert (told["run"]["at_most"], told["run"]["at_most_without"]) == (34.022, ["ScoreValidation"])
        assert told["run"]["steps"][1] == {
            "step": "TrainModel",
            "instance_type": "ml.g5.xlarge",
            "instance_count": 1,
            "hourly": 1.408,
            "currency": "USD",
            "unknown": None,
            "hours": 0.5,
            "cost": 0.704,
            "at_most": 33.792,
            "spot": False,
        }
        assert told["endpoint_month"] == [
            {
                "step": "Config",
                "instance_type": "ml.m5.xlarge",
                "instance_count": 2,
                "hourly": 0.23,
                "currency": "USD",
                "unknown": None,
                "hours": 730,
                "cost": 335.8,
            }
        ]

    def test_unknown(self, loaded: Loaded) -> None:
        told: Any = costs(asked(prices=DENIED), loaded, definition()).to_json()
        assert (told["run"]["cost"], told["run"]["at_most"], told["endpoint_month"][0]["cost"]) == (None,) * 3
        assert told["run"]["steps"][0]["unknown"] == "the caller may not pricing:GetProducts"

    def test_local(self, loaded: Loaded) -> None:
        assert costs(stub_session(), loaded, definition()).to_json() == {
            "local": True,
            "run": None,
            "endpoint_month": None,
            "not_included": [],
        }
