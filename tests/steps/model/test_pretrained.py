import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from steps.container import ProgramError
from steps.model import pretrained
from steps.model.pretrained import NoPretrainedWeights, Places

CONTENT = b"weights" * 1000
NAME = f"resnet18-{hashlib.sha256(CONTENT).hexdigest()[:8]}.pth"


@contextmanager
def site(files: dict[str, bytes]) -> Iterator[str]:
    """A web site on loopback with these files by path; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretends that CONTENT is what torchvision publishes, and keeps a proxy out of the way of loopback."""
    monkeypatch.setattr(
        pretrained, "PUBLISHED", {18: (NAME,), 34: ("resnet34-11111111.pth", "resnet34-22222222.pth")}
    )
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TORCH_HOME": "/torch"}, Places(None, Path("/torch/hub/checkpoints"))),
        ({"XDG_CACHE_HOME": "/cache"}, Places(None, Path("/cache/torch/hub/checkpoints"))),
        (
            {"XDG_CACHE_HOME": "/cache", "TORCH_HOME": "/torch", "IMGPIPE_PRETRAINED_WEIGHTS": "/w.pth"},
            Places(Path("/w.pth"), Path("/torch/hub/checkpoints")),
        ),
        ({}, Places(None, Path("~/.cache/torch/hub/checkpoints").expanduser())),
    ],
)
def test_places_are_those_of_the_environment(environ: dict[str, str], expected: Places) -> None:
    assert Places.of(environ) == expected


def test_the_official_site_is_pytorchs() -> None:
    assert Places.of({}).site == "https://download.pytorch.org/models"


def test_a_given_file_is_taken_first(tmp_path: Path) -> None:
    given = tmp_path / "mine.safetensors"
    given.write_bytes(b"")
    (tmp_path / NAME).write_bytes(CONTENT)

    assert pretrained.find(18, Places(given, tmp_path)) == given


def test_a_given_file_that_is_missing_is_not_replaced_by_another(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(CONTENT)
    given = tmp_path / "mine.pth"

    with pytest.raises(ProgramError) as caught:
        pretrained.find(18, Places(given, tmp_path))

    assert str(caught.value) == (
        f"no file at {given}, which IMGPIPE_PRETRAINED_WEIGHTS names for the ImageNet weights\n"
        "hint: correct it, or unset it to use torch's cache and the official download"
    )


def test_the_cache_is_taken_without_a_download(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(CONTENT)

    assert pretrained.find(18, Places(None, tmp_path, "http://127.0.0.1:1")) == tmp_path / NAME


def test_a_download_goes_into_the_cache(tmp_path: Path) -> None:
    cache = tmp_path / "hub" / "checkpoints"
    with site({f"/{NAME}": CONTENT}) as address:
        found = pretrained.find(18, Places(None, cache, address))

    assert found == cache / NAME
    assert found.read_bytes() == CONTENT
    assert list(cache.iterdir()) == [found]


def test_a_damaged_file_in_the_cache_is_replaced(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(CONTENT[:-1])
    with site({f"/{NAME}": CONTENT}) as address:
        found = pretrained.find(18, Places(None, tmp_path, address))

    assert found.read_bytes() == CONTENT


def test_a_download_with_a_wrong_hash_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    other = b"something else"
    began = hashlib.sha256(other).hexdigest()[:8]
    with site({f"/{NAME}": other}) as address, pytest.raises(NoPretrainedWeights) as caught:
        pretrained.find(18, Places(None, tmp_path, address))

    wanted = NAME.removeprefix("resnet18-").removesuffix(".pth")
    assert caught.value.attempts[-1] == (
        f"download:    {address}/{NAME}: damaged: its SHA-256 begins {began}, not {wanted}"
    )
    assert list(tmp_path.iterdir()) == []


def test_each_place_is_named_with_its_reason_when_none_has_weights(tmp_path: Path) -> None:
    (tmp_path / "resnet34-22222222.pth").write_bytes(CONTENT)
    began = hashlib.sha256(CONTENT).hexdigest()[:8]
    cached = f"{tmp_path}/resnet34"
    with site({}) as address, pytest.raises(NoPretrainedWeights) as caught:
        pretrained.find(34, Places(None, tmp_path, address))

    assert str(caught.value) == (
        "use_pretrained_model=1, but no ImageNet weights for ResNet-34 could be had\n"
        "  given file:  IMGPIPE_PRETRAINED_WEIGHTS is not set\n"
        f"  torch cache: {cached}-11111111.pth: not there\n"
        f"  torch cache: {cached}-22222222.pth: damaged: its SHA-256 begins {began}, not 22222222\n"
        f"  download:    {address}/resnet34-11111111.pth: HTTP Error 404: Not Found\n"
        "hint: name a file of torchvision's in train.pretrained.weights, or put it into torch's cache, or "
        "set use_pretrained_model: 0; train.pretrained.when_missing: scratch goes on without"
    )


def test_the_second_published_file_counts_when_it_is_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pretrained, "PUBLISHED", {50: ("resnet50-11111111.pth", NAME)})
    (tmp_path / NAME).write_bytes(CONTENT)

    assert pretrained.find(50, Places(None, tmp_path, "http://127.0.0.1:1")) == tmp_path / NAME


def test_no_connection_is_a_reason(tmp_path: Path) -> None:
    with site({}) as address:
        pass  # nothing listens there any more

    with pytest.raises(NoPretrainedWeights) as caught:
        pretrained.find(18, Places(None, tmp_path, address))

    assert caught.value.attempts[-1] == f"download:    {address}/{NAME}: [Errno 111] Connection refused"


def test_a_cache_that_cannot_be_written_is_a_reason(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    with site({f"/{NAME}": CONTENT}) as address, pytest.raises(NoPretrainedWeights) as caught:
        pretrained.find(18, Places(None, file / "hub", address))

    assert caught.value.attempts[-1].startswith(
        f"download:    {address}/{NAME}: [Errno 20] Not a directory: "
    )


def test_a_depth_without_published_weights_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoPretrainedWeights) as caught:
        pretrained.find(200, Places(None, tmp_path))

    assert caught.value.attempts == (
        "given file:  IMGPIPE_PRETRAINED_WEIGHTS is not set",
        "download:    torchvision publishes no weights for 200 layers",
    )
