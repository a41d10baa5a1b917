"""The text of a definition."""

from __future__ import annotations

import json


def rendered(compiled: str) -> str:
    """The SDK's JSON with sorted keys on lines of their own, without the keys at the top that say nothing.

    The SDK writes null for MLflow and experiments that are not used.
    """
    document = json.loads(compiled)
    said = {key: value for key, value in document.items() if value not in (None, {}, [])}
    return json.dumps(said, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
