"""Runs where CleanVision is installed: the seconds of its default run over a folder of images, as JSON."""

import contextlib
import io
import json
import sys
import time

from cleanvision import Imagelab  # type: ignore[import-not-found]


def main(folder: str) -> None:
    begun = time.perf_counter()
    # It tells what it does on stdout.
    with contextlib.redirect_stdout(io.StringIO()):
        Imagelab(data_path=folder).find_issues()
    sys.stdout.write(json.dumps(time.perf_counter() - begun))


if __name__ == "__main__":
    # It starts processes, which import this module again.
    main(sys.argv[1])
