import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

Picture = Callable[..., bytes]
Layout = Callable[[Mapping[str, bytes]], Path]

ROOT = Path(__file__).parents[3]
CONFIG = {
    "ProcessingInputs": [
        {"InputName": "code", "S3Input": {"S3Uri": "s3://b/code/validate.pyz"}},
        {"InputName": "train", "S3Input": {"S3Uri": "s3://b/train"}},
        {"InputName": "validation", "S3Input": {"S3Uri": "s3://b/validation"}},
    ]
}


@pytest.fixture
def picture() -> Picture:
    """Makes an image file's bytes: a gradient, so that its coded data is long enough to be cut."""

    def make(form: str = "JPEG", width: int = 40, height: int = 30, mode: str = "RGB") -> bytes:
        buffer = io.BytesIO()
        Image.linear_gradient("L").resize((width, height)).convert(mode).save(buffer, form)
        return buffer.getvalue()

    return make


@pytest.fixture
def photo() -> Picture:
    """Makes the bytes of an image that looks like no other one, and has nothing wrong with it."""

    def make(seed: int, side: int = 64) -> bytes:
        generator = np.random.default_rng(seed)
        coarse = Image.fromarray(generator.integers(0, 256, (6, 6, 3), dtype=np.uint8))
        noise = generator.integers(-40, 41, (side, side, 3))
        smooth = np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC), dtype=np.int64)
        buffer = io.BytesIO()
        Image.fromarray(np.clip(smooth + noise, 0, 255).astype(np.uint8)).save(buffer, "JPEG")
        return buffer.getvalue()

    return make


@pytest.fixture
def container(tmp_path: Path) -> Layout:
    """Lays out a processing container's folder with the given files under processing/input."""

    def lay(files: Mapping[str, bytes]) -> Path:
        base = tmp_path / "ml"
        (base / "config").mkdir(parents=True)
        (base / "config" / "processingjobconfig.json").write_text(json.dumps(CONFIG))
        for path, data in files.items():
            file = base / "processing" / "input" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            if not path.endswith("/"):
                file.write_bytes(data)
            else:
                file.mkdir(exist_ok=True)
        return base

    return lay


@pytest.fixture(scope="module")
def spawnable() -> Iterator[None]:
    """Lets worker processes import what a test module gives them to work on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        yield
