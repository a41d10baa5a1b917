"""The codes of everything that can be wrong with a definition. The table in the docs is made from them.

D1: its form. D2: the requests in it. D3: references. D4: names, limits, and what the service refuses.
"""

from __future__ import annotations

from pipeline.errors import Code

CODES: dict[str, Code] = {}
