"""`${name}` in texts: names, what they stand for, and replacing them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.account import PLACEHOLDERS, AccountFacts
from pipeline.config.document import plain_value
from pipeline.config.node import Block, Entry, Items, Node, Scalar
from pipeline.config.source import Mark, finding
from pipeline.errors import Finding, Place

FACTS = ("account", "bucket", "partition", "region", "role")
"""Names that stand for facts of the account, in the order that they are listed."""

_PLACEHOLDER = re.compile(r"\$(\$\{)|\$\{([^{}]*)\}|(\$\{)")
"""An escaped placeholder, a placeholder, or the beginning of one that does not end."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

_MAX_LENGTH = 4096
"""Longer than any value may be, and short enough that names that double each other stay small."""


def partition_of(region: str) -> str:
    """The partition that a region belongs to, by its name."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


@dataclass
class Names:
    """What names stand for. In this order: a top-level key, a fact, IMGPIPE_<NAME>, a stand-in for a fact.

    Attributes:
        root: The top-level mapping.
        facts: Facts of the account, or None where they are not known.
        environ: The environment.
        findings: What went wrong.
        stand_ins: Facts that were asked for and had to be made up.
        unfilled: Places of texts that may still hold a name, or hold one on purpose.
    """

    root: Block
    facts: AccountFacts | None
    environ: Mapping[str, str]
    findings: list[Finding] = field(default_factory=list)
    stand_ins: set[str] = field(default_factory=set)
    unfilled: set[Place] = field(default_factory=set)
    _open: list[str] = field(default_factory=list)
    _texts: dict[str, str] = field(default_factory=dict)

    def account_facts(self) -> AccountFacts:
        """The facts, with what the config and the environment say in their place."""
        named = {name: self._value(name) or "" for name in FACTS}
        # No key and no variable stands for a quota.
        without_quota = self.facts.without_quota if self.facts is not None else frozenset()
        return AccountFacts(**named, without_quota=without_quota)

    def fill(self, node: Node) -> Node:
        """The node with all placeholders replaced."""
        if isinstance(node, Block):
            entries = node.entries.items()
            return Block({k: Entry(k, e.key_mark, self.fill(e.value)) for k, e in entries}, node.mark)
        if isinstance(node, Items):
            return Items(tuple(self.fill(item) for item in node.items), node.mark)
        return self._fill_scalar(node)

    def _fill_scalar(self, node: Scalar) -> Scalar:
        if not isinstance(node.value, str) or "${" not in node.value:
            return node
        text = _PLACEHOLDER.sub(lambda match: self._replacement(match, node.mark), node.value)
        if len(text) > _MAX_LENGTH:
            self._report(
                "C009", f"this grows to {len(text)} characters", node.mark, f"{_MAX_LENGTH} are allowed"
            )
            text = ""
        if "${" in text or not text:
            self.unfilled.add(node.mark.place)
        return Scalar(plain_value(text) if node.plain else text, text, node.plain, node.mark)

    def _replacement(self, match: re.Match[str], mark: Mark) -> str:
        escaped, name, unended = match.groups()
        if escaped:
            return "${"
        if unended or not _NAME.fullmatch(name):
            message = "'${' begins a name that does not end" if unended else f"'{match[0]}' is not a name"
            hint = "write ${name}; $${ stands for the characters ${ themselves"
            self._report("C009", message, mark, hint)
            return match[0]
        if name in self._open:
            circle = " → ".join((*self._open, name))
            self._report(
                "C009", f"'{match[0]}' leads to itself: {circle}", mark, "write the value of one of them"
            )
            return match[0]
        value = self._value(name)
        if value is None:
            self._report("C008", f"'{match[0]}' stands for nothing that is known", mark, self._hint(name))
        return match[0] if value is None else value

    def _value(self, name: str) -> str | None:
        entry = self.root.entries.get(name)
        if entry is not None and isinstance(entry.value, Scalar) and entry.value.value is not None:
            if name not in self._texts:
                self._open.append(name)
                self._texts[name] = self._fill_scalar(entry.value).text
                self._open.pop()
            return self._texts[name]
        if name in FACTS and self.facts is not None:
            return str(getattr(self.facts, name))
        if f"IMGPIPE_{name.upper()}" in self.environ:
            return self.environ[f"IMGPIPE_{name.upper()}"]
        return self._stand_in(name) if name in FACTS else None

    def _stand_in(self, name: str) -> str:
        """A fact that is made up. The made-up ones agree with each other and with those that are known."""
        self.stand_ins.add(name)
        if name == "partition":
            return partition_of(self._value("region") or "")
        if name == "bucket":
            return f"sagemaker-{self._value('region')}-{self._value('account')}"
        if name == "role":
            return f"arn:{self._value('partition')}:iam::{self._value('account')}:role/imgpipe-execution"
        return str(getattr(PLACEHOLDERS, name))

    def _hint(self, name: str) -> str:
        scalars = [key for key, entry in self.root.entries.items() if isinstance(entry.value, Scalar)]
        known = ", ".join(sorted({*scalars, *FACTS}))
        return f"known names: {known}; or set IMGPIPE_{name.upper()} in the environment"

    def _report(self, code: str, message: str, mark: Mark, hint: str) -> None:
        new = finding(code, message, mark, hint=hint)
        if new not in self.findings:  # a top-level value is filled for itself and for whoever names it
            self.findings.append(new)
