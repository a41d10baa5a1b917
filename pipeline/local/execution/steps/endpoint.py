"""Endpoint steps: create the endpoint, or move an existing one to the new configuration, and wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.language.definition import Step
from pipeline.language.evaluation import UNKNOWN, Scope, evaluate
from pipeline.local import arns
from pipeline.local.execution.run import Run
from pipeline.local.execution.steps.executor import SUCCEEDED, Metadata, Outcome
from pipeline.local.execution.steps.request import generated_name, send, tagged
from pipeline.local.records import Record

_SETTLED = ("InService", "Failed", "OutOfService", "UpdateRollbackFailed")


class EndpointStep:
    """Executes Endpoint steps. Which of the two it does is decided by whether the endpoint exists."""

    operation = "CreateEndpoint"
    kind = None
    given: Mapping[str, object] = MappingProxyType({"EndpointName": UNKNOWN})

    def request(self, run: Run, step: Step, scope: Scope) -> Record:
        """The request of either."""
        arguments = evaluate(step.arguments, scope)
        assert isinstance(arguments, dict)
        return {**arguments, "EndpointName": arguments.get("EndpointName") or generated_name(run, step.name)}

    def begin(self, run: Run, step: Step, request: Record) -> Metadata:
        """Create or update the endpoint."""
        if run.records.get("Endpoint", str(request["EndpointName"])) is None:
            response = send(run, "CreateEndpoint", tagged(run, step.name, request))
        else:
            update = {key: value for key, value in request.items() if key != "Tags"}
            response = send(run, "UpdateEndpoint", update)
        return {"Endpoint": {"Arn": response["EndpointArn"]}}

    def finish(self, run: Run, step: Step, metadata: Metadata) -> Outcome:  # noqa: ARG002
        """Wait until the endpoint serves, or does not."""
        record = run.records.wait(
            "Endpoint", self._name(metadata), lambda record: record["EndpointStatus"] in _SETTLED
        )
        # An update that failed leaves the old configuration in service, with the reason.
        if record["EndpointStatus"] == "InService" and not record.get("FailureReason"):
            return SUCCEEDED
        reason = record.get("FailureReason") or f"the endpoint is {record['EndpointStatus']}"
        return Outcome(
            "Failed", f"ClientError: Endpoint {record['EndpointName']} is not in service: {reason}"
        )

    def stop(self, run: Run, metadata: Metadata) -> None:
        """An endpoint on its way cannot be stopped; the step ends with it."""

    def properties(self, run: Run, metadata: Metadata) -> Record:
        """The response of DescribeEndpoint."""
        return run.call("DescribeEndpoint", {"EndpointName": self._name(metadata)})

    def _name(self, metadata: Metadata) -> str:
        return arns.name_of("Endpoint", metadata["Endpoint"]["Arn"])
