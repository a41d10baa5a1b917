"""Instances of one job, as threads that talk over loopback."""

from __future__ import annotations

import logging
import socket
import struct
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from steps.container import ProgramError
from steps.validate.instances import cluster as cluster_module
from steps.validate.instances.cluster import Cluster
from steps.validate.instances.gathering import Gathering, Patience
from steps.validate.instances.reporting import Reporting
from steps.validate.instances.wire import PIECE, Message, WireError, introduce, receive, send, welcome
from steps.validate.sources.folder import FolderSource
from steps.validate.sources.source import Entry

SHORT = Patience(contact=0.3, silence=0.3)
LONG = Patience(contact=20, silence=20)


@pytest.fixture
def job() -> Cluster:
    """Three instances of a job of the test's own, seen by the first. Their names lead nowhere."""
    return Cluster("no-such-host-1", tuple(f"no-such-host-{n}" for n in (1, 2, 3)), f"arn:{uuid.uuid4()}")


@pytest.fixture(autouse=True)
def no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are not asked of the network."""

    def unknown(name: str) -> str:
        raise socket.gaierror(f"{name} is unknown")

    monkeypatch.setattr(socket, "gethostbyname", unknown)


def peer(job: Cluster, number: int) -> Cluster:
    return replace(job, here=job.hosts[number - 1])


@pytest.fixture
def meanwhile() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Runs something in a thread, and waits for it at the end of the test."""
    with ExitStack() as stack:

        def run(work: Callable[[], None]) -> None:
            thread = threading.Thread(target=work)
            thread.start()
            stack.callback(thread.join)

        yield run


Meanwhile = Callable[[Callable[[], None]], None]


def reporter(cluster: Cluster, file: Path, patience: Patience = LONG) -> Callable[[], None]:
    def work() -> None:
        with Reporting(cluster, patience) as report:
            report.send(file)

    return work


def test_ledgers_arrive_as_they_were_sent(tmp_path: Path, job: Cluster, meanwhile: Meanwhile) -> None:
    sent = {"no-such-host-2": bytes(range(256)) * (PIECE // 100), "no-such-host-3": b""}
    for number, content in enumerate(sent.values(), 2):
        file = tmp_path / f"sent-{number}"
        file.write_bytes(content)
        meanwhile(reporter(peer(job, number), file))
    with Gathering(job, tmp_path, LONG) as gathering:
        assert {path.stem: path.read_bytes() for path in gathering.ledgers()} == sent


def test_files_are_fetched_from_whoever_has_them(tmp_path: Path, job: Cluster, meanwhile: Meanwhile) -> None:
    """Larger than a message, empty, and not there at all."""
    contents = {"no-such-host-2": ("large.jpg", b"x" * (2 * PIECE + 1)), "no-such-host-3": ("empty.jpg", b"")}

    def work(cluster: Cluster, source: FolderSource) -> None:
        with Reporting(cluster, LONG) as report:
            report.send(source.root / contents[cluster.here][0])
            report.answer({"train": source})

    sources = {}
    for number, (host, (name, content)) in enumerate(contents.items(), 2):
        (tmp_path / host).mkdir()
        (tmp_path / host / name).write_bytes(content)
        sources[host] = FolderSource("s3://b/train", tmp_path / host)
        meanwhile(partial(work, peer(job, number), sources[host]))
    with Gathering(job, tmp_path, LONG) as gathering:
        assert len(list(gathering.ledgers())) == 2
        entries = [entry for source in sources.values() for entry in source.entries()]
        fetched = {entry.path: gathering.fetch("train", entry) for entry in entries}
        assert fetched == dict(contents.values())
        assert gathering.fetch("train", Entry("gone.jpg", "file", 1, "1")) is None


def test_others_may_begin_first(tmp_path: Path, job: Cluster, meanwhile: Meanwhile) -> None:
    job = replace(job, hosts=job.hosts[:2])
    file = tmp_path / "sent"
    file.write_bytes(b"found")
    called = threading.Event()
    unreachable = socket.create_connection

    def watched(*arguments: object, **named: object) -> socket.socket:
        called.set()
        return unreachable(*arguments, **named)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "create_connection", watched)
        meanwhile(reporter(peer(job, 2), file))
        assert called.wait(20)
    with Gathering(job, tmp_path, LONG) as gathering:
        assert [path.read_bytes() for path in gathering.ledgers()] == [b"found"]


def test_one_that_works_for_long_is_waited_for(tmp_path: Path, job: Cluster, meanwhile: Meanwhile) -> None:
    """It says that it is alive more often than silence lasts."""
    job = replace(job, hosts=job.hosts[:2])
    file = tmp_path / "sent"
    file.write_bytes(b"found")

    def work() -> None:
        with Reporting(peer(job, 2), replace(LONG, silence=0.4)) as report:
            # Nothing but time is what this is about.
            threading.Event().wait(0.6)
            report.send(file)

    with Gathering(job, tmp_path, replace(LONG, silence=0.4)) as gathering:
        meanwhile(work)
        assert [path.read_bytes() for path in gathering.ledgers()] == [b"found"]


def test_one_that_fails_says_why(tmp_path: Path, job: Cluster, meanwhile: Meanwhile) -> None:
    def fail() -> None:
        with Reporting(peer(job, 2), LONG) as report:
            report._connected.wait()
            raise ProgramError("the disk is full")

    def work() -> None:
        with pytest.raises(ProgramError, match=r"^the disk is full$"):
            fail()

    with Gathering(job, tmp_path, LONG) as gathering:
        meanwhile(work)
        with pytest.raises(ProgramError) as caught:
            list(gathering.ledgers())
    assert str(caught.value) == (
        "no-such-host-2 could not check its part of the images: the disk is full\n"
        "  hint: see the log of the instance no-such-host-2"
    )


def test_one_that_never_calls(tmp_path: Path, job: Cluster) -> None:
    with Gathering(job, tmp_path, SHORT) as gathering, pytest.raises(ProgramError) as caught:
        list(gathering.ledgers())
    assert str(caught.value).startswith("no word of no-such-host-2, no-such-host-3 within 0.3 s\n  hint: ")


def called(job: Cluster, number: int = 2) -> socket.socket:
    """A connection of a peer that has proved what it is."""
    connection = _first_that_listens(job)
    introduce(connection, job.key, job.hosts[number - 1])
    return connection


def _first_that_listens(job: Cluster) -> socket.socket:
    for port in job.ports:
        try:
            return socket.create_connection(("127.0.0.1", port), 20)
        except ConnectionRefusedError:
            continue
    raise AssertionError("nobody listens")


@pytest.mark.parametrize(
    ("say", "why"),
    [
        pytest.param([], "the connection ended", id="gone"),
        pytest.param([Message("piece", b"x")], "the connection ended", id="gone in the middle"),
        pytest.param(
            [Message("piece", b"x"), Message("end", b"0" * 32)],
            "what it sent was damaged on its way",
            id="damaged",
        ),
    ],
)
def test_one_that_is_lost(tmp_path: Path, job: Cluster, say: list[Message], why: str) -> None:
    with Gathering(job, tmp_path, LONG) as gathering:
        with called(job) as connection:
            for message in say:
                send(connection, message)
        with pytest.raises(
            ProgramError, match=f"^no-such-host-2 could not check its part of the images: {why}"
        ):
            list(gathering.ledgers())


def test_one_that_falls_silent(tmp_path: Path, job: Cluster) -> None:
    with (
        Gathering(job, tmp_path, replace(LONG, silence=0.1)) as gathering,
        called(job),
        pytest.raises(ProgramError, match=r"no-such-host-2 could not .*: nothing came for 0\.1 s"),
    ):
        list(gathering.ledgers())


def test_nonsense_is_told(tmp_path: Path, job: Cluster) -> None:
    with Gathering(job, tmp_path, LONG) as gathering, called(job) as connection:
        connection.sendall(struct.pack("!BI", 1, PIECE + 1))
        with pytest.raises(ProgramError, match="it said something that is no message"):
            list(gathering.ledgers())


STRANGERS = {
    "another job": lambda job: (b"other key", job.hosts[1], "it does not belong to this job"),
    "no instance": lambda job: (job.key, "algo-99", "'algo-99' is none of the instances"),
    "the leader itself": lambda job: (job.key, job.hosts[0], "'no-such-host-1' is none of the instances"),
}


@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS.keys())
def test_strangers_are_refused(
    tmp_path: Path,
    job: Cluster,
    stranger: Callable[[Cluster], tuple[bytes, str, str]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    key, name, why = stranger(job)
    with Gathering(job, tmp_path, LONG), _first_that_listens(job) as connection, suppress(WireError):
        introduce(connection, key, name)
        # A name that is wrong is refused only after the key was found right.
        receive(connection)
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        f"refused a connection from 127.0.0.1: {why}"
    ]


def test_the_same_one_twice_is_refused(
    tmp_path: Path, job: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    with Gathering(job, tmp_path, LONG), called(job), called(job) as second, pytest.raises(WireError):
        receive(second)
    assert "no-such-host-2 has called already" in caplog.text


def test_a_port_that_others_use_is_passed_over(tmp_path: Path, job: Cluster, meanwhile: Meanwhile) -> None:
    job = replace(job, hosts=job.hosts[:2])
    file = tmp_path / "sent"
    file.write_bytes(b"found")
    with socket.socket() as other:
        other.bind(("127.0.0.1", job.ports[0]))
        other.listen()

        def answer() -> None:
            """A server of something else: what is called first says nothing that this job would."""
            connection, _ = other.accept()
            with connection:
                connection.sendall(b"220 ready\r\n" * 20)

        meanwhile(answer)
        with Gathering(job, tmp_path, LONG) as gathering:
            meanwhile(reporter(peer(job, 2), file))
            assert [path.read_bytes() for path in gathering.ledgers()] == [b"found"]


def test_no_port_is_free(tmp_path: Path, job: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setattr(cluster_module, "_PORTS", range(port, port + 1))
        with pytest.raises(ProgramError, match=f"cannot listen for the other instances: the ports {port}, "):
            Gathering(job, tmp_path, SHORT)


def test_a_leader_that_is_not_there(tmp_path: Path, job: Cluster) -> None:
    with Reporting(peer(job, 2), SHORT) as report, pytest.raises(ProgramError) as caught:
        report.send(tmp_path / "sent")
    assert str(caught.value) == (
        "no-such-host-1 did not take what was found here: it could not be reached within 0.3 s\n"
        "  hint: see the log of the instance no-such-host-1"
    )


def test_both_sides_prove_what_they_are() -> None:
    one, other = socket.socketpair()
    with one, other:
        told: list[str] = []
        thread = threading.Thread(target=lambda: told.append(welcome(one, b"key")))
        thread.start()
        introduce(other, b"key", "algo-2")
        thread.join()
        assert told == ["algo-2"]


def test_a_leader_of_another_job_is_no_leader() -> None:
    one, other = socket.socketpair()
    with one, other:
        one.sendall(bytes(32) + bytes(32))
        with pytest.raises(WireError, match="it does not belong to this job"):
            introduce(other, b"key", "algo-2")
