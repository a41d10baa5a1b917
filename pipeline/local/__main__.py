"""The process of the local SageMaker: `python -m pipeline.local --home DIR --port N`."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import socket
import threading
import time
from pathlib import Path

from pipeline.local.arns import ACCOUNT, REGION
from pipeline.local.home import Home, key_pair, write_json
from pipeline.local.locks import Locked, hold

# Who asks whether the server runs holds its lock for a moment: one second of patience.
_TRIES = 50
# A log this large starts anew; the one before is kept beside it.
_LARGEST_LOG = 10 * 1024 * 1024
_IN_MEMORY = 64 * 1024 * 1024

_log = logging.getLogger("pipeline.local")


def main() -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status."""
    arguments = _arguments()
    # Whatever is written is for nobody else.
    os.umask(0o077)
    # moto would write a content of 5 MB or more to a temporary file, moments before it is kept in another.
    os.environ["MOTO_S3_DEFAULT_KEY_BUFFER_SIZE"] = str(_IN_MEMORY)
    home = Home(arguments.home.resolve())
    home.make()
    _start_log(home)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        hold(home.server_lock, tries=_TRIES)
        listener = _listen(arguments.port)
    except Locked:
        _report(arguments.report, {"error": f"another server serves {home.local}"})
        return 1
    except OSError as error:
        _log.error("port %s: %s", arguments.port, error)
        _report(arguments.report, {"error": "port-taken"})
        return 1
    with listener:
        return _serve(home, listener, arguments.report, ended)


def _serve(home: Home, listener: socket.socket, report: int | None, ended: threading.Event) -> int:
    # moto takes its second now that the port is ours.
    from pipeline.local.server import LocalServer

    server = LocalServer(home, listener, key_pair(home))
    server.start()
    told = {
        "url": server.url,
        "pid": os.getpid(),
        "region": REGION,
        "account": ACCOUNT,
        "started": time.time(),
        "warnings": server.warnings,
    }
    write_json(home.server, told)
    _report(report, told)
    _log.info("ready on %s", server.url)
    ended.wait()
    _log.info("going down")
    server.close()
    home.server.unlink(missing_ok=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m pipeline.local", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder of imgpipe")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0: any free one")
    parser.add_argument("--report", type=int, help="file descriptor that learns of the start")
    return parser.parse_args()


def _start_log(home: Home) -> None:
    if home.log.exists() and home.log.stat().st_size > _LARGEST_LOG:
        home.log.replace(home.log.with_suffix(".log.1"))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # Without it a port stays taken for a minute after a server that was busy.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        # Two that only bind would both succeed; the second to listen fails.
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def _report(handle: int | None, told: dict[str, object]) -> None:
    if handle is None:
        return
    try:
        os.write(handle, json.dumps(told).encode())
        os.close(handle)
    except BrokenPipeError:
        # Who started us was interrupted meanwhile; the next command finds us.
        _log.warning("nobody waits for this server any more")


if __name__ == "__main__":
    raise SystemExit(main())
