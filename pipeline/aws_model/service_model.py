"""AWS's own description of its services, as botocore carries it: operations and the shapes of what they take.

botocore is imported when it is first needed: a command that asks for no shape does not pay for it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel


@cache
def service(name: str) -> ServiceModel:
    """The model of a service, such as sagemaker (0.3 s, once)."""
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model(name, "service-2"))


def operation(name: str, of: str = "sagemaker") -> OperationModel:
    """The model of an operation."""
    return service(of).operation_model(name)
