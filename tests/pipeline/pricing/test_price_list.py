from __future__ import annotations

import json
from decimal import Decimal

import boto3
import pytest
from botocore.exceptions import NoCredentialsError

from pipeline.pricing.price_list import Price, price
from pipeline.session import Session
from tests.pipeline.products import product
from tests.pipeline.stubs import StubClient, client_error, stub_session


def selling(*products: str) -> Session:
    return stub_session(local=False, pricing={"get_products": {"PriceList": list(products)}})


EVERYTHING = (
    product("USE1-Train:ml.g4dn.xlarge", "0.7360000000"),
    product("USE1-Host:ml.g4dn.xlarge", "0.7361000000"),
    product("USE1-Processing:ml.g4dn.xlarge", "0.7362000000"),
    product("USE1-Tsform:ml.g4dn.xlarge", "0.7363000000"),
    product("USE1-Notebk:ml.g4dn.xlarge", "0.7364000000"),
    product("USE1-Studio:JupyterLab-ml.g4dn.xlarge", "0.7365000000"),
    product("USE1-Train:ml.g4dn.2xlarge", "0.7366000000"),
    product("USE1-TrainSpot:ml.g4dn.xlarge", "0.2000000000"),
    product("USE1-Processing_DW:ml.g4dn.xlarge", "0.7367000000"),
)


@pytest.mark.parametrize(
    ("kind", "hourly"),
    [("training", "0.736"), ("endpoint", "0.7361"), ("processing", "0.7362"), ("transform", "0.7363")],
)
def test_the_price_of_each_kind_of_machine(kind: str, hourly: str) -> None:
    found = price(selling(*EVERYTHING), "us-east-1", kind, "ml.g4dn.xlarge")
    assert found == Price(Decimal(hourly), "USD")
    assert str(found) == f"{hourly} USD/h"


@pytest.mark.parametrize(
    ("products", "found"),
    [
        pytest.param([product("Train:ml.m5.large")], Price(Decimal("0.736"), "USD"), id="without its region"),
        pytest.param(
            [product("USE1-Train:ml.m5.large")] * 2, Price(Decimal("0.736"), "USD"), id="twice the same"
        ),
        pytest.param(
            [product("CNW1-Train:ml.m5.large", pricePerUnit={"CNY": "5.1000000000"})],
            Price(Decimal("5.1"), "CNY"),
            id="another currency",
        ),
        pytest.param(
            [product("USE1-Train:ml.m5.large", "20.0000000000")], Price(Decimal(20), "USD"), id="whole number"
        ),
    ],
)
def test_one_price_fits(products: list[str], found: Price) -> None:
    assert price(selling(*products), "us-east-1", "training", "ml.m5.large") == found


NO_PRICE = "AWS's price list has no hourly price for Train:ml.m5.large in us-east-1"


@pytest.mark.parametrize(
    ("products", "why"),
    [
        pytest.param([], NO_PRICE, id="nothing is sold"),
        pytest.param([product("USE1-Host:ml.m5.large")], NO_PRICE, id="another kind"),
        pytest.param([product("USE1-Train:ml.m5.large", unit="GB-Mo")], NO_PRICE, id="not by the hour"),
        pytest.param([product("USE1-Train:ml.m5.large", "0.0000000000")], NO_PRICE, id="for free"),
        pytest.param([product("USE1-Train:ml.m5.large", endRange="10")], NO_PRICE, id="only the first hours"),
        pytest.param(
            [json.dumps({"product": {"attributes": {}}, "terms": {}})], NO_PRICE, id="nothing of use is said"
        ),
        pytest.param(
            [product("USE1-Train:ml.m5.large"), product("UE1-Train:ml.m5.large", "0.5")],
            "AWS's price list has 2 prices for Train:ml.m5.large in us-east-1",
            id="two prices",
        ),
    ],
)
def test_none_fits_or_several(products: list[str], why: str) -> None:
    found = price(selling(*products), "us-east-1", "training", "ml.m5.large")
    assert found == Price(None, unknown=why)
    assert str(found) == f"unknown: {why}"


@pytest.mark.parametrize(
    ("error", "why"),
    [
        pytest.param(
            client_error("AccessDeniedException", "not authorized"),
            "the caller may not pricing:GetProducts",
            id="denied",
        ),
        pytest.param(
            client_error("ThrottlingException", "Rate exceeded", "GetProducts"),
            "AWS's Price List API refused (GetProducts failed: Rate exceeded (ThrottlingException))",
            id="refused",
        ),
        pytest.param(
            NoCredentialsError(),
            "AWS's Price List API did not answer (AWS credentials were not found)",
            id="no answer",
        ),
    ],
)
def test_it_cannot_be_asked(error: Exception, why: str) -> None:
    session = stub_session(local=False, pricing={"get_products": error})
    assert price(session, "us-east-1", "training", "ml.m5.large") == Price(None, unknown=why)


def test_a_machine_is_asked_for_once_in_its_region() -> None:
    session = selling(*EVERYTHING)
    for kind in ("training", "endpoint"):
        price(session, "eu-west-1", kind, "ml.g4dn.xlarge")
    client: StubClient = session.client("pricing")
    assert [request for _, request in client.calls] == [
        {
            "ServiceCode": "AmazonSageMaker",
            "Filters": [
                {"Type": "TERM_MATCH", "Field": "regionCode", "Value": "eu-west-1"},
                {"Type": "TERM_MATCH", "Field": "instanceName", "Value": "ml.g4dn.xlarge"},
            ],
        }
    ]


def test_govcloud_is_not_asked() -> None:
    found = price(stub_session(local=False), "us-gov-west-1", "training", "ml.m5.large")
    assert found.unknown == "AWS's Price List API does not answer accounts of AWS GovCloud"


@pytest.mark.parametrize(
    ("region", "where"),
    [("eu-west-1", "us-east-1"), ("us-east-1", "us-east-1"), ("cn-north-1", "cn-northwest-1")],
)
def test_prices_are_asked_where_there_is_an_endpoint(region: str, where: str) -> None:
    boto = boto3.Session(aws_access_key_id="A", aws_secret_access_key="s", region_name=region)
    assert Session(boto).client("pricing").meta.region_name == where
    assert Session(boto).client("sagemaker").meta.region_name == region
