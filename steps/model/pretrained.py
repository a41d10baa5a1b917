"""Where ImageNet weights come from: a given file, torch's own cache, the official download."""

from __future__ import annotations

import hashlib
import http.client
import logging
import re
import tempfile
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.error import HTTPError, URLError

from steps.container import ProgramError

GIVEN_FILE_VARIABLE = "IMGPIPE_PRETRAINED_WEIGHTS"
OFFICIAL = "https://download.pytorch.org/models"

PUBLISHED: Mapping[int, tuple[str, ...]] = MappingProxyType(
    {
        18: ("resnet18-f37072fd.pth",),
        34: ("resnet34-b627a593.pth",),
        50: ("resnet50-11ad3fa6.pth", "resnet50-0676ba61.pth"),
        101: ("resnet101-cd907fc2.pth", "resnet101-63fe2227.pth"),
        152: ("resnet152-f82ba261.pth", "resnet152-394f9c45.pth"),
    }
)
"""torchvision's file names by number of layers: IMAGENET1K_V2 first, which is downloaded, then V1, which is
taken when it is in the cache already (https://docs.pytorch.org/vision/stable/models/resnet.html). There are
none for 200 layers."""

TIMEOUT = 10.0
"""Seconds to connect, and to wait for each piece of the answer: a machine without a way out learns soon."""

_HINT = (
    "hint: name a file of torchvision's in train.pretrained.weights, or put it into torch's cache, or set "
    "use_pretrained_model: 0; train.pretrained.when_missing: scratch goes on without"
)
_HASH = re.compile(r"-([0-9a-f]{8,64})\.")  # torch.hub's convention: the start of the file's SHA-256
_PIECE = 1 << 20

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Places:
    """Where to look.

    Attributes:
        given: A file that the user names. When there is one, nothing else is looked at.
        cache: torch.hub's folder of checkpoints; downloads go there too.
        site: The address that the official file names are appended to.
    """

    given: Path | None
    cache: Path
    site: str = OFFICIAL

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Places:
        """The places that the environment names, by the rules of torch.hub.get_dir."""
        given = environ.get(GIVEN_FILE_VARIABLE)
        home = environ.get("TORCH_HOME") or str(Path(environ.get("XDG_CACHE_HOME") or "~/.cache") / "torch")
        cache = Path(home).expanduser() / "hub" / "checkpoints"
        return cls(Path(given).expanduser() if given else None, cache)


class NoPretrainedWeights(ProgramError):
    """No weights could be had from any place.

    Attributes:
        attempts: One line for each place that was looked at: which, and why it had none.
    """

    def __init__(self, num_layers: int, tried: list[tuple[str, str]]) -> None:
        self.attempts = tuple(f"{place + ':':<13}{reason}" for place, reason in tried)
        lines = [
            f"use_pretrained_model=1, but no ImageNet weights for ResNet-{num_layers} could be had",
            *(f"  {attempt}" for attempt in self.attempts),
            _HINT,
        ]
        super().__init__("\n".join(lines))


class _Unusable(Exception):
    """One place has no weights for us; the text says why."""


def find(num_layers: int, places: Places) -> Path:
    """A local file with ImageNet weights for a ResNet, downloaded when there is no other way.

    Raises:
        ProgramError: The given file is not there.
        NoPretrainedWeights: None could be had.
    """
    if places.given is not None:
        if not places.given.is_file():
            raise ProgramError(
                f"no file at {places.given}, which {GIVEN_FILE_VARIABLE} names for the ImageNet weights\n"
                f"hint: correct it, or unset it to use torch's cache and the official download"
            )
        return places.given
    tried = [("given file", f"{GIVEN_FILE_VARIABLE} is not set")]
    names = PUBLISHED.get(num_layers, ())
    for name in names:
        path = places.cache / name
        try:
            return _from_cache(path)
        except _Unusable as reason:
            tried.append(("torch cache", f"{path}: {reason}"))
    for name in names[:1]:
        url = f"{places.site}/{name}"
        try:
            return _download(url, places.cache / name)
        except _Unusable as reason:
            tried.append(("download", f"{url}: {reason}"))
    if not names:
        tried.append(("download", f"torchvision publishes no weights for {num_layers} layers"))
    raise NoPretrainedWeights(num_layers, tried)


def _from_cache(path: Path) -> Path:
    if not path.is_file():
        raise _Unusable("not there")
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _Unusable(error.strerror or str(error)) from error
    _check_hash(path.name, digest)
    return path


def _download(url: str, path: Path) -> Path:
    """Fetch to `path`; it appears there only when it is whole and has the right hash."""
    _log.info("Downloading %s to %s", url, path)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            urllib.request.urlopen(url, timeout=TIMEOUT) as answer,  # noqa: S310 - the scheme is ours
            tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file,
        ):
            temporary = Path(file.name)
            digest = hashlib.sha256()
            while piece := answer.read(_PIECE):
                digest.update(piece)
                file.write(piece)
        _check_hash(path.name, digest.hexdigest())
        temporary.replace(path)
    except (OSError, http.client.HTTPException) as error:
        raise _Unusable(_reason(error)) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return path


def _reason(error: Exception) -> str:
    # urllib wraps the reason ("<urlopen error …>") where no connection came about.
    if isinstance(error, URLError) and not isinstance(error, HTTPError):
        return str(error.reason)
    return str(error)


def _check_hash(name: str, digest: str) -> None:
    match = _HASH.search(name)
    assert match, f"{name} has no hash in its name"
    if not digest.startswith(match.group(1)):
        raise _Unusable(f"damaged: its SHA-256 begins {digest[: len(match.group(1))]}, not {match.group(1)}")
