import asyncio
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto, helper
from PIL import Image

from steps.model.artifact import Description, write
from steps.model.preprocessing import Preprocessing

LABELS = ("red", "green", "blue")
SIDE = 8

Graph = Callable[..., bytes]
Folder = Callable[..., Path]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def render_graph(scale: float = 32.0, output: str = "probabilities", pooled: Sequence[int] = (2, 3)) -> bytes:
    """A network whose three classes are the colours: a softmax over each channel's mean / `scale`."""
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=list(pooled), keepdims=0),
        helper.make_node("Constant", [], ["scale"], value_float=scale),
        helper.make_node("Div", ["mean", "scale"], ["logits"]),
        helper.make_node("Softmax", ["logits"], [output], axis=1),
    ]
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])
    # Its rank is left open: some tests pool other axes.
    probabilities = helper.make_tensor_value_info(output, TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "colours", [images], [probabilities])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


@pytest.fixture
def model_folder(tmp_path: Path) -> Folder:
    """Lays out <base>/model with the colours' network or another graph; returns the base."""

    def lay(graph: bytes | None = None, labels: Sequence[str] = LABELS) -> Path:
        description = Description(18, tuple(labels), Preprocessing((3, SIDE, SIDE)))
        write(tmp_path / "ml" / "model", description, render_graph() if graph is None else graph, b"weights")
        return tmp_path / "ml"

    return lay


def picture(color: str = "red", form: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 10), color).save(buffer, form)
    return buffer.getvalue()


def ask(
    app: Callable[..., Any],
    method: str,
    path: str,
    body: bytes | Sequence[bytes] = b"",
    headers: Mapping[str, str] | None = None,
    *,
    stalls: bool = False,
) -> Answer:
    """One request to an ASGI application, without a network. A body in pieces is sent as such.

    A client that stalls sends nothing of its body and stays.
    """
    pieces = [body] if isinstance(body, bytes) else list(body)
    sent: list[Mapping[str, Any]] = []

    async def receive() -> Mapping[str, Any]:
        if stalls:
            await asyncio.Event().wait()
        if not pieces:
            return {"type": "http.disconnect"}
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "scheme": "http",
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
    }
    try:
        asyncio.run(app(scope, receive, send))
    except ZeroDivisionError:
        # The tests' own bug: Starlette raises it again after it answered.
        assert sent
    start = sent[0]
    return Answer(
        start["status"],
        {name.decode(): value.decode() for name, value in start["headers"]},
        b"".join(message.get("body", b"") for message in sent[1:]),
    )
