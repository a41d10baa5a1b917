"""What the driver may use of this room: the checks are the same on its machine as in the job."""

from __future__ import annotations

from steps.validate.conclusion import Judgement, judge
from steps.validate.findings import CHECKS, Finding
from steps.validate.images.facts import Flaw
from steps.validate.images.formats import named_format
from steps.validate.ledger.ledger import Ledger
from steps.validate.lists.lists import write_lst
from steps.validate.lists.split import divide, unite
from steps.validate.processes.workers import cores
from steps.validate.progress import Progress, duration
from steps.validate.settings import Settings
from steps.validate.sources.folder import FolderSource, is_version
from steps.validate.sources.source import Entry, Reader, Source
from steps.validate.survey import survey
from steps.validate.wording import counted, grouped, visible

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
    "is_version",
    "judge",
    "named_format",
    "survey",
    "unite",
    "visible",
    "write_lst",
]
