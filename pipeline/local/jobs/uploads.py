"""Folders that are uploaded while a job writes to them: checkpoints and continuous outputs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.local.objects import Objects, ObjectsError

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Upload:
    """A folder and its prefix in S3.

    Attributes:
        folder: What is uploaded.
        uri: Where to.
    """

    folder: Path
    uri: str
    _seen: dict[Path, tuple[int, int]] = field(default_factory=dict, compare=False)

    def run(self, objects: Objects) -> None:
        """Upload the files that are new or have changed since the last time.

        Raises:
            ObjectsError: The bucket does not exist, or a file's name is not UTF-8.
            OSError: A file cannot be read, or an object not be kept.
        """
        objects.upload_folder(self.folder, self.uri, self._is_new)

    def _is_new(self, path: Path) -> bool:
        state = path.stat()
        now = (state.st_mtime_ns, state.st_size)
        return self._seen.get(path) != now and not self._seen.update({path: now})


@contextmanager
def uploading(objects: Objects, uploads: Sequence[Upload], pause: float) -> Iterator[None]:
    """Upload changes while the block runs, every `pause` seconds; the last ones are the caller's to upload.

    A file that cannot be uploaded now may be so later: what matters is the last time.
    """
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(pause):
            for upload in uploads:
                try:
                    upload.run(objects)
                except (ObjectsError, OSError) as error:
                    _log.info("%s is not uploaded yet: %s", upload.folder, error)

    thread = threading.Thread(target=work, name="uploads", daemon=True)
    if uploads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        if uploads:
            thread.join()
