"""Products as AWS's Price List API tells them."""

from __future__ import annotations

import json
from typing import Any


def product(usage: str, amount: str = "0.7360000000", **dimension: Any) -> str:
    """A product as GetProducts returns it: JSON in a text."""
    whole = {
        "unit": "Hrs",
        "beginRange": "0",
        "endRange": "Inf",
        "pricePerUnit": {"USD": amount},
        **dimension,
    }
    return json.dumps(
        {
            "product": {"attributes": {"usagetype": usage, "operation": "RunInstance"}},
            "serviceCode": "AmazonSageMaker",
            "terms": {
                "OnDemand": {"SKU.JRTCKXETXF": {"priceDimensions": {"SKU.JRTCKXETXF.6YS6EN2CT7": whole}}}
            },
        }
    )
