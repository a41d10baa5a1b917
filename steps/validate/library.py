"""What the driver may use of this room: the checks are the same on its machine as in the job."""

from __future__ import annotations

from steps.validate.conclusion import Judgement, judge
from steps.validate.facts import Flaw
from steps.validate.findings import CHECKS, Finding
from steps.validate.folder import FolderSource, version_of
from steps.validate.formats import named_format
from steps.validate.ledger import Ledger
from steps.validate.lists import write_lst
from steps.validate.progress import Progress, duration
from steps.validate.settings import Settings
from steps.validate.source import Entry, Reader, Source
from steps.validate.split import divide, unite
from steps.validate.survey import survey
from steps.validate.wording import counted, grouped, visible
from steps.validate.workers import cores

__all__ = [
    "CHECKS",
    "Entry",
    "Finding",
    "Flaw",
    "FolderSource",
    "Judgement",
    "Ledger",
    "Progress",
    "Reader",
    "Settings",
    "Source",
    "cores",
    "counted",
    "divide",
    "duration",
    "grouped",
    "judge",
    "named_format",
    "survey",
    "unite",
    "version_of",
    "visible",
    "write_lst",
]
