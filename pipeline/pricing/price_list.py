"""What a machine costs an hour, as AWS's Price List API says now.

A price is known by its usage type, which is also what stands on the bill: USE1-Train:ml.g4dn.xlarge is an
hour of training on that machine in us-east-1.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from pipeline.aws_errors import AWS_ERRORS, code_of, explain
from pipeline.session import Session

_USAGE = {"processing": "Processing", "training": "Train", "transform": "Tsform", "endpoint": "Host"}
"""Kind of machine → its word in a usage type. Other words are of notebooks, clusters, spot machines, …"""

_HOURS = ("Hrs", "Hours")


@dataclass(frozen=True)
class Price:
    """The price of a machine on demand.

    Attributes:
        hourly: For one machine, without taxes and discounts; None if it is not known.
        currency: Such as USD.
        unknown: Why it is not known.
    """

    hourly: Decimal | None
    currency: str = ""
    unknown: str | None = None

    def __str__(self) -> str:
        return f"{self.hourly:f} {self.currency}/h" if self.hourly is not None else f"unknown: {self.unknown}"


def price(session: Session, region: str, kind: str, instance_type: str) -> Price:
    """The price of a machine of a kind: training, processing, transform or endpoint.

    It is known only if exactly one price fits.
    """
    products, why = _products(session, region, instance_type)
    if why is not None:
        return Price(None, unknown=why)
    usage = re.compile(rf"([A-Z0-9]+-)?{_USAGE[kind]}:{re.escape(instance_type)}")
    fitting = [one for one in products if usage.fullmatch(one["product"]["attributes"].get("usagetype", ""))]
    found = {price for one in fitting for price in _hourly(one)}
    what = f"{_USAGE[kind]}:{instance_type} in {region}"
    if not found:
        return Price(None, unknown=f"AWS's price list has no hourly price for {what}")
    if len(found) > 1:
        return Price(None, unknown=f"AWS's price list has {len(found)} prices for {what}")
    ((amount, currency),) = found
    return Price(amount, currency)


def _hourly(product: Mapping[str, Any]) -> Iterator[tuple[Decimal, str]]:
    """The prices of an hour on demand, however much is used."""
    for offer in product.get("terms", {}).get("OnDemand", {}).values():
        for dimension in offer["priceDimensions"].values():
            whole = dimension.get("beginRange", "0") == "0" and dimension.get("endRange", "Inf") == "Inf"
            for currency, amount in dimension["pricePerUnit"].items():
                if dimension["unit"] in _HOURS and whole and Decimal(amount) > 0:
                    yield Decimal(amount).normalize(), currency


@functools.cache
def _products(
    session: Session, region: str, instance_type: str
) -> tuple[tuple[Mapping[str, Any], ...], str | None]:
    """All that AWS sells of a machine in a region, and why that is not known."""
    if region.startswith("us-gov-"):
        return (), "AWS's Price List API does not answer accounts of AWS GovCloud"
    wanted = {"regionCode": region, "instanceName": instance_type}
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()]
    try:
        pages = session.client("pricing").get_paginator("get_products")
        listed = pages.paginate(ServiceCode="AmazonSageMaker", Filters=filters)
        return tuple(json.loads(one) for page in listed for one in page["PriceList"]), None
    except ClientError as error:
        if code_of(error) in ("AccessDeniedException", "AccessDenied"):
            return (), "the caller may not pricing:GetProducts"
        return (), f"AWS's Price List API refused ({explain(error).findings[0].message})"
    except AWS_ERRORS as error:
        return (), f"AWS's Price List API did not answer ({explain(error).findings[0].message})"
