"""What the local SageMaker refuses, and how it says so to a client."""

from __future__ import annotations

from pipeline.errors import Finding, ImgpipeError


class ApiError(Exception):
    """A request is answered with an error of AWS's form.

    Attributes:
        code: AWS's error code, such as ValidationException.
        message: What botocore shows to the caller.
        status: HTTP status.
        fields: Further members of the error's shape, such as OriginalStatusCode of ModelError.
    """

    def __init__(self, code: str, message: str, status: int = 400, **fields: object) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.fields = fields


class NotSupportedLocally(ImgpipeError):
    """SageMaker would do it, the local SageMaker does not: refused by name before anything starts.

    Args:
        what: The refused thing, such as "step 'Quality' has type QualityCheck, which the local SageMaker
            does not execute".
        why: The reason, in one clause.
    """

    def __init__(self, what: str, why: str) -> None:
        super().__init__(
            Finding(
                code="R110",
                slug="not-supported-locally",
                message=what,
                details=(("why", why),),
                hint="run it on SageMaker; docs/parity.md lists what runs locally",
            )
        )
        self.what = what
        self.why = why
