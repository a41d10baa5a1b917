from __future__ import annotations

from typing import Any

import pytest

from pipeline.local.arns import arn
from tests.pipeline.local.api.requests import CANARY, config, error_of, refused
from tests.pipeline.local.fakes import Running


def test_an_endpoint_from_create_to_delete(sagemaker: Any, made: str) -> None:
    described = sagemaker.describe_endpoint(EndpointName=made)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", made)
    assert described["ProductionVariants"][0]["VariantName"] == "AllTraffic"
    assert sagemaker.list_tags(ResourceArn=described["EndpointArn"])["Tags"] == [{"Key": "a", "Value": "b"}]
    listed = sagemaker.list_endpoints(NameContains=made, StatusEquals="InService")["Endpoints"]
    assert [item["EndpointName"] for item in listed] == [made]
    assert error_of(sagemaker.create_endpoint, EndpointName=made, EndpointConfigName=made) == (
        "ValidationException",
        f'Cannot create already existing endpoint "{arn("Endpoint", made)}".',
    )

    sagemaker.create_endpoint_config(**config(f"{made}-2", made))
    sagemaker.update_endpoint(EndpointName=made, EndpointConfigName=f"{made}-2")
    assert sagemaker.describe_endpoint(EndpointName=made)["EndpointConfigName"] == f"{made}-2"

    sagemaker.delete_endpoint(EndpointName=made)
    missing = ("ValidationException", f'Could not find endpoint "{arn("Endpoint", made)}".')
    assert error_of(sagemaker.describe_endpoint, EndpointName=made) == missing
    assert error_of(sagemaker.delete_endpoint, EndpointName=made) == missing
    assert error_of(sagemaker.update_endpoint, EndpointName=made, EndpointConfigName=made) == missing


def test_an_endpoint_on_its_way_is_left_alone(server: Running, sagemaker: Any, made: str) -> None:
    server.server.records.update("Endpoint", made, EndpointStatus="Updating")
    expected = ("ValidationException", f'Cannot update in-progress endpoint "{arn("Endpoint", made)}".')
    assert error_of(sagemaker.update_endpoint, EndpointName=made, EndpointConfigName=made) == expected
    assert error_of(sagemaker.delete_endpoint, EndpointName=made) == expected


def test_a_configuration_that_does_not_exist(sagemaker: Any, made: str) -> None:
    expected = (
        "ValidationException",
        f'Could not find endpoint configuration "{arn("EndpointConfig", "gone")}".',
    )
    assert error_of(sagemaker.update_endpoint, EndpointName=made, EndpointConfigName="gone") == expected
    assert (
        error_of(sagemaker.create_endpoint, EndpointName=f"{made}-2", EndpointConfigName="gone") == expected
    )


class TestDeployments:
    def test_the_last_deployment_is_shown_and_used_again(
        self, server: Running, sagemaker: Any, made: str
    ) -> None:
        seen: list[Any] = []
        server.server.records.subscribe(
            lambda change: seen.append((change.after or {}).get("PendingDeploymentConfig"))
        )
        own = {"EndpointName": made, "EndpointConfigName": made}
        sagemaker.update_endpoint(**own, DeploymentConfig=CANARY)
        described = sagemaker.describe_endpoint(EndpointName=made)
        assert described["LastDeploymentConfig"] == CANARY
        assert "PendingDeploymentSummary" not in described
        assert seen[0] == CANARY
        seen.clear()
        sagemaker.update_endpoint(**own)
        assert seen[0] is None
        seen.clear()
        sagemaker.update_endpoint(**own, RetainDeploymentConfig=True)
        assert seen[0] == CANARY

    def test_one_given_at_creation_is_for_updates(self, sagemaker: Any, made: str) -> None:
        name = f"{made}-2"
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=made, DeploymentConfig=CANARY)
        assert sagemaker.describe_endpoint(EndpointName=name)["LastDeploymentConfig"] == CANARY

    def test_a_deployment_that_cannot_be_is_refused(self, sagemaker: Any, made: str) -> None:
        own = {"EndpointName": made, "EndpointConfigName": made}
        half = {"Type": "CANARY", "WaitIntervalInSeconds": 0}
        config = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": half}}
        text = "CanarySize is required for traffic routing of type CANARY."
        assert refused(sagemaker.update_endpoint, **own, DeploymentConfig=config) == text
        alarm = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "no-alarm"}]}}
        text = "Could not find CloudWatch alarm(s) no-alarm."
        assert refused(sagemaker.update_endpoint, **own, DeploymentConfig={**CANARY, **alarm}) == text
        assert sagemaker.describe_endpoint(EndpointName=made)["EndpointStatus"] == "InService"

    def test_a_step_is_measured_by_the_instances_that_are_retained(self, sagemaker: Any, made: str) -> None:
        change = {"VariantName": "AllTraffic", "DesiredInstanceCount": 4}
        sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=made, DesiredWeightsAndCapacities=[change]
        )
        size = {"Type": "INSTANCE_COUNT", "Value": 2}
        routing = {"Type": "CANARY", "CanarySize": size, "WaitIntervalInSeconds": 0}
        policy = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}
        own = {"EndpointName": made, "EndpointConfigName": made, "DeploymentConfig": policy}
        sagemaker.update_endpoint(**own, RetainAllVariantProperties=True)
        sagemaker.update_endpoint(EndpointName=made, EndpointConfigName=made)
        text = "CanarySize must be at most 50% of the 1 instance(s) of variant AllTraffic; it is 200%."
        assert refused(sagemaker.update_endpoint, **own) == text

    def test_a_failed_endpoint_can_only_be_deleted(self, server: Running, sagemaker: Any, made: str) -> None:
        server.server.records.update("Endpoint", made, EndpointStatus="Failed")
        weights = [{"VariantName": "AllTraffic", "DesiredWeight": 2.0}]
        text = (
            f'Cannot update endpoint "{arn("Endpoint", made)}" in status Failed; DeleteEndpoint is the only '
            "operation that can be performed on a failed endpoint."
        )
        assert refused(sagemaker.update_endpoint, EndpointName=made, EndpointConfigName=made) == text
        change = {"EndpointName": made, "DesiredWeightsAndCapacities": weights}
        assert refused(sagemaker.update_endpoint_weights_and_capacities, **change) == text
        sagemaker.delete_endpoint(EndpointName=made)


class TestWeights:
    def test_they_are_changed_and_retained(self, server: Running, sagemaker: Any, made: str) -> None:
        pending: list[Any] = []
        server.server.records.subscribe(
            lambda change: pending.append((change.after or {}).get("PendingDeploymentSummary"))
        )
        change = {"VariantName": "AllTraffic", "DesiredWeight": 4.0, "DesiredInstanceCount": 3}
        answer = sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=made, DesiredWeightsAndCapacities=[change]
        )
        assert answer["EndpointArn"] == arn("Endpoint", made)
        (variant,) = sagemaker.describe_endpoint(EndpointName=made)["ProductionVariants"]
        assert {key: variant[key] for key in change} == change
        pending.clear()
        own = {"EndpointName": made, "EndpointConfigName": made}
        sagemaker.update_endpoint(
            **own,
            RetainAllVariantProperties=True,
            ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredInstanceCount"}],
        )
        (begun,) = pending[0]["ProductionVariants"]
        assert (begun["DesiredWeight"], begun["DesiredInstanceCount"]) == (4.0, 1)
        (state,) = begun["VariantStatus"]
        assert (state["Status"], state["StatusMessage"]) == ("Creating", "Launching 1 instance(s).")
        pending.clear()
        sagemaker.update_endpoint(**own)
        (begun,) = pending[0]["ProductionVariants"]
        assert begun["DesiredWeight"] == 1.0

    @pytest.mark.parametrize(
        ("change", "text"),
        [
            pytest.param(
                {"VariantName": "Other", "DesiredWeight": 1.0},
                'Could not find variant(s) Other of endpoint "{arn}"; it has AllTraffic.',
                id="no-such-variant",
            ),
            pytest.param(
                {"VariantName": "AllTraffic", "DesiredInstanceCount": 0},
                "DesiredInstanceCount of variant AllTraffic must be at least 1.",
                id="no-instances",
            ),
            pytest.param(
                {"VariantName": "AllTraffic", "ServerlessUpdateConfig": {"MaxConcurrency": 2}},
                "ServerlessUpdateConfig is not supported by the local SageMaker: a serverless variant has no "
                "limit of concurrency",
                id="serverless",
            ),
        ],
    )
    def test_a_change_that_is_refused(
        self, sagemaker: Any, made: str, change: dict[str, Any], text: str
    ) -> None:
        request = {"EndpointName": made, "DesiredWeightsAndCapacities": [change]}
        expected = text.format(arn=arn("Endpoint", made))
        assert refused(sagemaker.update_endpoint_weights_and_capacities, **request) == expected
        assert sagemaker.describe_endpoint(EndpointName=made)["EndpointStatus"] == "InService"

    def test_no_such_endpoint(self, sagemaker: Any, name: str) -> None:
        change = {"VariantName": "AllTraffic", "DesiredWeight": 1.0}
        request = {"EndpointName": name, "DesiredWeightsAndCapacities": [change]}
        expected = f'Could not find endpoint "{arn("Endpoint", name)}".'
        assert refused(sagemaker.update_endpoint_weights_and_capacities, **request) == expected


class TestLists:
    def test_filters_order_and_pages(self, server: Running, sagemaker: Any, made: str) -> None:
        for number, status in ((1, "InService"), (2, "Failed"), (3, "InService")):
            own = {"EndpointName": f"{made}-{number}", "EndpointConfigName": made}
            sagemaker.create_endpoint(**own)
            at = {"CreationTime": 1000.0 + number, "LastModifiedTime": 2000.0}
            server.server.records.update("Endpoint", own["EndpointName"], EndpointStatus=status, **at)

        def names(**filters: Any) -> list[str]:
            pages = sagemaker.get_paginator("list_endpoints").paginate(
                NameContains=f"{made}-", PaginationConfig={"PageSize": 2}, **filters
            )
            return [each["EndpointName"].rpartition("-")[2] for page in pages for each in page["Endpoints"]]

        assert names() == ["3", "2", "1"]
        assert names(SortBy="Name", SortOrder="Ascending") == ["1", "2", "3"]
        assert names(SortBy="Status", SortOrder="Ascending") == ["2", "1", "3"]
        assert names(StatusEquals="InService") == ["3", "1"]
        assert names(CreationTimeAfter=1002) == ["3", "2"]
        assert names(CreationTimeBefore=1002) == ["1"]
        assert names(LastModifiedTimeAfter=1999) == ["3", "2", "1"]
        assert names(LastModifiedTimeBefore=2000) == []
