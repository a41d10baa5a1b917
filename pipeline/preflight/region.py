"""Is SageMaker in the region?"""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import botocore

from pipeline.errors import Finding
from pipeline.preflight.check import Check, failed, not_needed, passed
from pipeline.session import Session

NAME = "region"


def region(session: Session) -> Iterator[Check]:
    """Looks the region up among those that botocore knows of SageMaker."""
    if session.is_local:
        yield not_needed(NAME)
        return
    name = str(session.boto.region_name)
    known = _known(session)
    if name in known:
        yield passed(NAME, name)
        return
    near = sorted(difflib.get_close_matches(name, known, n=2, cutoff=0.8))
    yield failed(
        NAME,
        Finding(
            "R151",
            "region-without-service",
            f"SageMaker is not known in the region '{name}'",
            details=(("source", f"the list of regions in botocore {botocore.__version__}"),),
            hint=f"did you mean {' or '.join(near)}?"
            if near
            else "for a region that is newer, update botocore",
        ),
    )


def _known(session: Session) -> list[str]:
    partitions = session.boto.get_available_partitions()
    found = [session.boto.get_available_regions("sagemaker", partition_name=one) for one in partitions]
    return [region for regions in found for region in regions]
