"""The codes of everything that can be wrong with a definition. The table in the docs is made from them.

D1: its form. D2: the requests in it. D3: references. D4: names, limits, and what the service refuses.
"""

from __future__ import annotations

from pipeline.errors import Code

CODES: dict[str, Code] = {
    "D110": Code("not-json", "the definition is not JSON"),
    "D111": Code(
        "repeated-json-key", "a key stands twice in one JSON object, and readers keep only the last"
    ),
    "D112": Code("not-a-definition", "the JSON is something else than a pipeline definition"),
    "D113": Code("no-such-key", "a key that the definition's language does not know"),
    "D114": Code("definition-version", "a version of the language that SageMaker Pipelines does not know"),
    "D115": Code("no-steps", "a definition without steps"),
    "D121": Code("malformed-step", "a part of a step has not the form that it must have"),
    "D122": Code("step-name", "the name of a step is missing or malformed"),
    "D123": Code("same-step-name", "two steps with one name"),
    "D124": Code("step-in-two-places", "a step stands in both branches, or in a branch and in the list"),
    "D125": Code("no-such-step-type", "a step type that SageMaker Pipelines does not know"),
    "D126": Code("nested-step", "a step that its surroundings cannot hold, such as a Condition in a branch"),
    "D127": Code("malformed-condition", "a condition has not the form that it must have"),
    "D128": Code("step-cycle", "steps that wait for each other"),
    "D131": Code("malformed-parameter", "the declaration of a parameter has not the form that it must have"),
    "D132": Code("same-parameter-name", "a parameter that is declared twice"),
    "D133": Code("parameter-default", "a default value that is not of the parameter's type or EnumValues"),
    "D134": Code("parameter-value", "a value for a parameter that does not exist or takes no such value"),
    "D141": Code("malformed-expression", "Get, Std:Join or Std:JsonGet has not the form that it must have"),
    "D142": Code("no-such-function", "a function that the definition's language does not know"),
    "D143": Code("no-such-variable", "an execution variable that does not exist"),
    "D201": Code("unknown-member", "a step's request has a member that the API does not know"),
    "D202": Code("missing-member", "a step's request lacks a member that the API requires"),
    "D203": Code("member-type", "a member of a step's request is not of the type that the API takes"),
    "D204": Code("member-value", "a member of a step's request has a value that is none of the API's"),
    "D205": Code("member-form", "a text in a step's request has not the form that the API asks for"),
    "D206": Code("member-length", "a text in a step's request is too short or too long for the API"),
    "D207": Code("member-size", "a list or map in a step's request has too few or too many entries"),
    "D208": Code("member-range", "a number in a step's request is too small or too large for the API"),
    "D209": Code("null-member", "a member of a step's request is null"),
    "D210": Code("union-members", "a member of a step's request takes exactly one of several members"),
    "D221": Code("exclusive-members", "members of a step's request that exclude each other"),
    "D222": Code("dependent-member", "a member of a step's request that another one asks for is missing"),
    "D223": Code("spot-times", "the times of managed spot training do not fit each other"),
    "D224": Code("same-name", "two inputs, outputs, channels or variants of one request have one name"),
    "D225": Code("serverless-variant", "a serverless variant with what only machines have"),
    "D226": Code("transform-payload", "the payloads of a batch transform job are larger than it takes"),
    "D227": Code("local-storage", "a key or a size for a volume that the machine does not have"),
    "D228": Code("batch-without-split", "batches of several records whose input is not split into records"),
    "D229": Code("job-runtime", "a training job that may run longer than SageMaker lets it"),
    "D301": Code("undeclared-parameter", "an expression names a parameter that is not declared"),
    "D302": Code("no-such-step", "an expression or DependsOn names a step that does not exist"),
    "D303": Code("no-such-property-file", "an expression names a property file that its step does not have"),
}
