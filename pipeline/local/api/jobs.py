"""Processing, training and transform jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.local import arns
from pipeline.local.api.listing import Listing, page
from pipeline.local.api.models import missing_model
from pipeline.local.api.service import Handler, Request, Service, without
from pipeline.local.errors import ApiError
from pipeline.local.records import Record

RUNNING = ("InProgress", "Stopping")
KINDS = ("ProcessingJob", "TrainingJob", "TransformJob")


@dataclass(frozen=True)
class JobKind:
    """One kind of job.

    Attributes:
        name: Such as TrainingJob; its members are `<name>Name`, `<name>Arn` and `<name>Status`.
        words: The kind in a message.
        first: Members that a new job's record has besides the request's, given the time.
        require: Refuses a request that names what does not exist.
    """

    name: str
    words: str
    first: Callable[[float], Record]
    require: Callable[[Service, Request], None]

    def create(self, service: Service, request: Request) -> Record:
        """Create*Job."""
        name = request[f"{self.name}Name"]
        arn = arns.arn(self.name, name)
        taken = ApiError(
            "ResourceInUse",
            f"{self.words} names must be unique within an AWS account and region, or {self.words} already "
            f"exists: {arn}",
        )
        if service.records.get(self.name, name) is not None:
            raise taken
        self.require(service, request)
        service.jobs.check(self.name, request)
        now = service.clock()
        record = {
            **without(request, "Tags"),
            f"{self.name}Arn": arn,
            f"{self.name}Status": "InProgress",
            "CreationTime": now,
            "LastModifiedTime": now,
            **self.first(now),
        }
        service.create(self.name, name, record, taken, request.get("Tags"))
        service.jobs.start(self.name, name)
        return {f"{self.name}Arn": arn}

    def describe(self, service: Service, request: Request) -> Record:
        """Describe*Job."""
        return self._find(service, request)

    def list(self, service: Service, request: Request) -> Record:
        """List*Jobs."""
        # There are neither warm pools nor training plans here.
        never = {"WarmPoolStatusEquals": (), "TrainingPlanArnEquals": ()}
        listing = Listing(f"{self.name}Summaries", f"{self.name}Name", f"{self.name}Status", never=never)
        return page(listing, service.records.list(self.name), request)

    def stop(self, service: Service, request: Request) -> Record:
        """Stop*Job."""
        record = self._find(service, request)
        status = record[f"{self.name}Status"]
        if status not in RUNNING:
            raise ApiError(
                "ValidationException",
                f"The request was rejected because the {self.words.lower()} is in status {status}.",
            )
        service.jobs.stop(self.name, request[f"{self.name}Name"])
        return {}

    def _find(self, service: Service, request: Request) -> Record:
        name = request[f"{self.name}Name"]
        # AWS answers so, without the name; the name helps.
        missing = ApiError(
            "ValidationException", f"Requested resource not found: {arns.arn(self.name, name)}"
        )
        return service.find(self.name, name, missing)


def _training(now: float) -> Record:
    transition = {
        "Status": "Starting",
        "StartTime": now,
        "StatusMessage": "Preparing the instances for training",
    }
    return {"SecondaryStatus": "Starting", "SecondaryStatusTransitions": [transition]}


def _no_more(_: float) -> Record:
    return {}


def _anything(_: Service, __: Request) -> None:
    return


def _model(service: Service, request: Request) -> None:
    service.find("Model", request["ModelName"], missing_model(request["ModelName"]))


PROCESSING = JobKind("ProcessingJob", "Processing job", _no_more, _anything)
TRAINING = JobKind("TrainingJob", "Training job", _training, _anything)
TRANSFORM = JobKind("TransformJob", "Transform job", _no_more, _model)

HANDLERS: dict[str, Handler] = {
    "CreateProcessingJob": PROCESSING.create,
    "DescribeProcessingJob": PROCESSING.describe,
    "ListProcessingJobs": PROCESSING.list,
    "StopProcessingJob": PROCESSING.stop,
    "CreateTrainingJob": TRAINING.create,
    "DescribeTrainingJob": TRAINING.describe,
    "ListTrainingJobs": TRAINING.list,
    "StopTrainingJob": TRAINING.stop,
    "CreateTransformJob": TRANSFORM.create,
    "DescribeTransformJob": TRANSFORM.describe,
    "ListTransformJobs": TRANSFORM.list,
    "StopTransformJob": TRANSFORM.stop,
}
