"""Who listens on a port of this machine, as far as the system tells."""

from __future__ import annotations

from pathlib import Path

_LISTEN = "0A"


def listener(port: int, proc: Path = Path("/proc")) -> str | None:
    """The process that listens on a TCP port, such as "python3 (pid 4711)", or None if it cannot be told.

    Args:
        port: The port.
        proc: Linux's process file system. Other systems have none.
    """
    inodes = {inode for table in ("net/tcp", "net/tcp6") for inode in _listening(proc / table, port)}
    if not inodes:
        return None
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for process in proc.glob("[0-9]*"):
        if _has_open(process, wanted):
            return f"{_command(process)} (pid {process.name})"
    return None


def _listening(table: Path, port: int) -> list[str]:
    try:
        rows = [line.split() for line in table.read_text().splitlines()[1:]]
    except OSError:
        return []
    return [row[9] for row in rows if row[3] == _LISTEN and int(row[1].rpartition(":")[2], 16) == port]


def _has_open(process: Path, wanted: set[str]) -> bool:
    try:
        return any(_target(link) in wanted for link in (process / "fd").iterdir())
    except OSError:
        # It ended just now, or belongs to another user.
        return False


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""


def _command(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return "a process"
