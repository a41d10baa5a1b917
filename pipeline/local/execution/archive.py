"""Definitions as executions were started with them, each text kept once under its hash.

An execution of thousands does not carry a text of its own: lists of executions stay small.
"""

from __future__ import annotations

import hashlib

from pipeline.local.records import RecordExists, Records

KIND = "PipelineDefinition"
"""Kind of the records, named by a hash of the text."""


def keep(records: Records, text: str) -> str:
    """Keep a definition; returns the key that `text_of` takes."""
    key = hashlib.sha256(text.encode()).hexdigest()
    if records.get(KIND, key) is None:
        try:
            records.create(KIND, key, {"PipelineDefinition": text})
        except RecordExists:
            # Another thread kept the same text just now.
            return key
    return key


def text_of(records: Records, key: str) -> str:
    """The definition kept under a key."""
    record = records.get(KIND, key)
    assert record is not None
    return str(record["PipelineDefinition"])
