"""All codes of what can be wrong with a config and with the definition that it makes."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.config import codes as of_configs
from pipeline.errors import Code
from pipeline.language import codes as of_definitions

CODES: Mapping[str, Code] = {**of_configs.CODES, **of_definitions.CODES}
