"""The page about the role, made from the permissions.

`python -m pipeline.permissions.page` writes docs/aws-role.md.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from pipeline.account import AccountFacts
from pipeline.permissions.statements import (
    MORE_INSIGHT,
    SERVICE,
    Scope,
    Statement,
    caller_statements,
    role_statements,
)

FILE = Path(__file__).parents[2] / "docs" / "aws-role.md"

_FACTS = AccountFacts(
    account="ACCOUNT",
    region="REGION",
    partition="aws",
    bucket="BUCKET",
    role="arn:aws:iam::ACCOUNT:role/ROLE",
)
_PLAIN = Scope(_FACTS, "NAME", "GROUP", "ENDPOINT", ("s3://BUCKET/NAME/train", "s3://BUCKET/NAME/validation"))
_SHIELDED = replace(_PLAIN, in_vpc=True, keys={"volume": "KEY", "output": "KEY"})
_ELSEWHERE = replace(_PLAIN, data=("s3://IMAGES/PREFIX",))

_PAGE = """\
# The execution role on AWS

<!-- Made by `python -m pipeline.permissions.page`. Change statements.py beside it, not this page. -->

The pipeline, its jobs and its endpoint run as one IAM role: `role:` in the YAML, else `IMGPIPE_ROLE`, else
`imgpipe-execution` of the account. It is never made or changed for you. `imgpipe doctor` looks whether it
exists, whether SageMaker may take it on and, where you may ask IAM that, whether it has these permissions.

Replace ACCOUNT, REGION, ROLE and BUCKET (by default `sagemaker-REGION-ACCOUNT`), NAME by the pipeline's, and
GROUP and ENDPOINT by those of `register` and `deploy` (by default the pipeline's name).

Who may take it on:

{trust}

What it may do:

{role}

Where images lie outside of `s3://BUCKET/NAME/`, such as under `s3://IMAGES/PREFIX`, also:

{elsewhere}

With `network.subnets` and with keys under `encryption`, also (KEY is the key's id; the key's own policy must
let the role use it too):

{shielded}

## Who runs imgpipe

The user or role of the AWS profile needs this. Where BUCKET is SageMaker's default bucket and does not exist
yet, the first `imgpipe upsert` makes it and needs `s3:CreateBucket` too.

{caller}

With this, `imgpipe doctor` and `imgpipe plan` can say more; they do without it:

{insight}

Sources: "SageMaker AI execution roles" and "IAM access management" of Pipelines in the SageMaker developer
guide. Nothing of this was tried on an AWS account yet.
"""


def page() -> str:
    """The content of docs/aws-role.md."""
    plain = role_statements(_PLAIN)
    return _PAGE.format(
        trust=_policy(_TRUST),
        role=_policies(plain),
        elsewhere=_policies(_new(role_statements(_ELSEWHERE), plain)),
        shielded=_policies(_new(role_statements(_SHIELDED), plain)),
        caller=_policies(caller_statements(_PLAIN)),
        insight=_policies((MORE_INSIGHT,)),
    )


_TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": SERVICE},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"aws:SourceAccount": _FACTS.account}},
}


def _new(statements: Iterable[Statement], known: tuple[Statement, ...]) -> tuple[Statement, ...]:
    return tuple(one for one in statements if one not in known)


def _policies(statements: Iterable[Statement]) -> str:
    return _policy(*(one.to_json() for one in statements))


def _policy(*statements: Mapping[str, object]) -> str:
    # No name in them holds a space, so a break never falls into one.
    width = textwrap.TextWrapper(108, subsequent_indent="   ", break_on_hyphens=False, break_long_words=False)
    wrapped = (width.fill(json.dumps(one)) for one in statements)
    body = ",\n".join(textwrap.indent(one, "  ") for one in wrapped)
    return f'```json\n{{"Version": "2012-10-17", "Statement": [\n{body}\n]}}\n```'


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
