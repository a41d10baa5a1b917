"""How EventBridge and its Scheduler go here, for docs/parity.md."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.local.events import changes, stored
from pipeline.local.events.firing import KEPT
from pipeline.local.events.guard import LIMITS, TERMS
from pipeline.local.events.pattern import OPERATORS

EMITTED: Mapping[str, tuple[str, ...]] = {
    changes.SOURCE: changes.EMITTED,
    "aws.s3": (stored.CREATED, stored.DELETED),
}
"""Detail types by source."""

_LIMITS = " or ".join(f"{count} times within {TERMS[seconds]}" for seconds, count in LIMITS)

RULES: Mapping[str, str] = {
    "patterns": (
        "equality, " + ", ".join(f"`{name}`" for name in OPERATORS) + " and `$or`; `PutRule` and "
        "`TestEventPattern` refuse what is none; keys with dots stand for themselves"
    ),
    "events of S3": (
        "of buckets whose notifications go to EventBridge, whoever writes: a client or a job; none for tags, "
        "ACLs and restores"
    ),
    "events of SageMaker": (
        "with the members that the Developer Guide shows; of a model package for each change, of a training "
        "job for each secondary status"
    ),
    "`PutEvents`": (
        "delivered to the rules of the bus; buses other than `default` too. Sources that begin with `aws.` "
        "are taken, which AWS refuses"
    ),
    "limits": "AWS's, such as five targets a rule, are not kept",
    "`Input`, `InputPath`, `InputTransformer`": "executed; a pipeline takes only its `PipelineParameterList`",
    "roles": "a target that is a pipeline needs a `RoleArn`; its permissions are not looked at",
    "`RetryPolicy`, `DeadLetterConfig`": (
        "executed. Tries double their distance from 2 seconds to 5 minutes, without jitter; what is refused "
        "for good is not tried again"
    ),
    "how often": (
        "a firing starts one execution, also if the server is killed meanwhile; a queue, a topic or a log "
        "may get it twice after a kill"
    ),
    "loops": (
        f"a rule that starts executions more often than {_LIMITS} is disabled; `EnableRule` lets it fire "
        "again. AWS has no such limit"
    ),
    "archives and replays": "what `PutEvents` sends goes to archives; a replay delivers nothing",
    "looking back": (
        f"`imgpipe local events` shows the last {KEPT:,} firings, with the reason of those that failed"
    ),
}

SCHEDULES: Mapping[str, str] = {
    "`at`, `rate`, `cron`": (
        "executed in their time zone; a rule's in UTC. `cron` takes AWS's six fields, with `L`, `W` and `#`"
    ),
    "daylight saving": (
        "what falls into the hour that is left out does not fire; what falls into the hour that comes twice "
        "fires once"
    ),
    "`rate`": "a schedule fires at once, or at its `StartDate`; a rule after its first period",
    "`StartDate`, `EndDate`, `State`": "executed; a schedule that is changed or enabled counts anew",
    "`FlexibleTimeWindow`": "ignored, which server.log says: it fires at the beginning",
    "`ActionAfterCompletion`": "executed, when the last firing is delivered or given up",
    "the server is down, or the machine sleeps": (
        "of the moments that passed the last one fires, late, if it is not older than "
        "`MaximumEventAgeInSeconds` (a day); the log says how many did not. AWS would have fired each"
    ),
    "`Input` with `<aws.scheduler.…>`": "executed",
    "KMS keys, `ClientToken`": "without effect",
}
