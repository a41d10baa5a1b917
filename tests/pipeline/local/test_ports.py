from __future__ import annotations

import os
import socket
from pathlib import Path

from pipeline.local.ports import listener


def test_this_process_listens() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        assert listener(port) is None
        server.listen()
        found = listener(port)
    # Only Linux tells.
    assert (found or "").endswith(f"(pid {os.getpid()})" if Path("/proc").exists() else "")


def test_a_system_that_does_not_tell(tmp_path: Path) -> None:
    assert listener(80, proc=tmp_path) is None


def test_a_process_whose_files_may_not_be_seen(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    row = "0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 1"
    (tmp_path / "net" / "tcp").write_text(f"head\n{row}\n")
    (tmp_path / "12").mkdir()
    assert listener(80, proc=tmp_path) is None


def test_the_name_of_the_process(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    row = "0: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 1"
    other = row.replace(":0050", ":0051").replace("4711", "4712")
    (tmp_path / "net" / "tcp6").write_text(f"head\n{other}\n{row}\n")
    (tmp_path / "12" / "fd").mkdir(parents=True)
    (tmp_path / "12" / "fd" / "3").symlink_to("socket:[4711]")
    (tmp_path / "12" / "comm").write_text("nginx\n")
    assert listener(80, proc=tmp_path) == "nginx (pid 12)"
