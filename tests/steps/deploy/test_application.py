from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from urllib3.filepost import encode_multipart_formdata

from steps.deploy import application, intake
from steps.deploy.application import Application
from steps.deploy.batching import Batcher
from steps.deploy.classifier import Classifier, ModelError, load_classifier
from steps.deploy.intake import MAX_BODY_BYTES
from steps.deploy.metrics import Metrics
from steps.deploy.service import MAX_BATCH, Service
from steps.model.preprocessing import Preprocessing

from .conftest import Answer, Folder, ask, picture, render_graph

App = Callable[..., Any]
PNG = {"Content-Type": "image/png"}


@dataclass(frozen=True)
class Served:
    """Makes applications of models, whose threads end with the test."""

    running: ExitStack
    pool: ThreadPoolExecutor
    metrics: Metrics

    def app(self, classifier: Any) -> App:
        batcher = self.running.enter_context(Batcher(classifier.infer, MAX_BATCH, self.metrics.batch))
        loading: Future[Service] = Future()
        loading.set_result(Service(classifier, self.pool, batcher))
        return self.loading(loading)

    def loading(self, loading: Future[Service]) -> App:
        return Application(loading, self.metrics, clock=lambda: 0.0).asgi()


@pytest.fixture
def served() -> Iterator[Served]:
    with ExitStack() as running, ThreadPoolExecutor(1) as pool:
        yield Served(running, pool, Metrics())


def load(base: Path) -> Classifier:
    return load_classifier(base / "model", "onnxruntime", threads=1)


@pytest.fixture
def app(model_folder: Folder, served: Served) -> App:
    return served.app(load(model_folder()))


class Broken:
    """A model with a bug."""

    labels = ("a",)

    def decode(self, files: Sequence[bytes]) -> list[Any]:
        raise ZeroDivisionError("secret detail")

    def infer(self, images: Any) -> Any:
        raise AssertionError("nothing gets so far")


def error_of(answer: Answer) -> tuple[int, str, str]:
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json) == {"code", "reason", "request_id"}
    assert answer.json["request_id"]
    return answer.status, answer.json["code"], answer.json["reason"]


def batch(*files: bytes, kind: str = "image/png") -> tuple[bytes, dict[str, str]]:
    body, content_type = encode_multipart_formdata([("image", ("a.png", data, kind)) for data in files])
    return body, {"Content-Type": content_type}


class TestPing:
    def test_ready(self, app: App) -> None:
        answer = ask(app, "GET", "/ping")
        assert (answer.status, answer.body) == (200, b"")

    @pytest.mark.parametrize(("method", "path"), [("GET", "/ping"), ("POST", "/invocations")])
    def test_still_loading(self, served: Served, method: str, path: str) -> None:
        app = served.loading(Future())
        assert error_of(ask(app, method, path, picture(), PNG)) == (
            503,
            "loading",
            "the model is still loading",
        )


class TestInvocations:
    @pytest.mark.parametrize("content_type", ["image/jpeg", "image/png", "application/x-image"])
    @pytest.mark.parametrize("form", ["JPEG", "PNG"])
    def test_answer(self, app: App, content_type: str, form: str) -> None:
        answer = ask(app, "POST", "/invocations", picture("blue", form), {"Content-Type": content_type})
        assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
        red, green, blue = answer.json
        assert blue > 0.99 > red + green

    def test_body_in_pieces(self, app: App) -> None:
        data = picture("red")
        pieces = [data[:10], b"", data[10:]]
        assert ask(app, "POST", "/invocations", pieces, PNG).json[0] > 0.99

    def test_json_lines(self, app: App) -> None:
        headers = PNG | {"Accept": "application/jsonlines"}
        answer = ask(app, "POST", "/invocations", picture("red"), headers)
        assert answer.headers["content-type"] == "application/jsonlines"
        assert answer.json["prediction"][0] > 0.99

    def test_csv(self, app: App) -> None:
        answer = ask(app, "POST", "/invocations", picture("red"), PNG | {"Accept": "text/csv"})
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert [round(float(cell)) for cell in answer.body.decode().split(",")] == [1, 0, 0]

    def test_wishes(self, app: App) -> None:
        headers = PNG | {"X-Amzn-SageMaker-Custom-Attributes": "top_k=1,labels=true"}
        (best,) = ask(app, "POST", "/invocations", picture("blue"), headers).json
        assert (best["class"], best["label"]) == (2, "blue")
        assert best["probability"] > 0.99

    @pytest.mark.parametrize("kind", ["image/png", "application/octet-stream"])
    def test_batch(self, app: App, kind: str) -> None:
        body, headers = batch(picture("blue"), picture("red"), picture("blue", "JPEG"), kind=kind)
        rows = ask(app, "POST", "/invocations", body, headers).json
        assert [row.index(max(row)) for row in rows] == [2, 0, 2]

    def test_log_line(self, app: App, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("INFO")
        data = picture("red")
        ask(app, "POST", "/invocations", data, PNG)
        assert f"invocation: {len(data)} bytes, 0.0 ms" in caplog.messages


class TestMetrics:
    def test_counts(self, app: App) -> None:
        ask(app, "POST", "/invocations", picture(), PNG)
        body, headers = batch(picture(), b"hello")
        ask(app, "POST", "/invocations", body, headers)
        answer = ask(app, "GET", "/metrics")
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        lines = answer.body.decode().splitlines()
        assert 'imgpipe_requests_total{status="200"} 1' in lines
        assert 'imgpipe_errors_total{code="not-an-image"} 1' in lines
        assert "imgpipe_batch_images_sum 1" in lines

    def test_before_the_model_is_loaded(self, served: Served) -> None:
        assert ask(served.loading(Future()), "GET", "/metrics").status == 200


class TestRequestId:
    @pytest.mark.parametrize(
        ("given", "is_kept"),
        [("order 7", True), ("x" * 64, True), ("x" * 65, False), ("tab\there", False), ("", False)],
    )
    def test_inference_id(
        self, app: App, caplog: pytest.LogCaptureFixture, given: str, is_kept: bool
    ) -> None:
        headers = PNG | {"X-Amzn-SageMaker-Inference-Id": given}
        name = ask(app, "POST", "/invocations", b"hello", headers).json["request_id"]
        assert (name == given) is is_kept
        assert caplog.messages[-1].endswith(f"[{name}]")

    def test_every_request_has_its_own(self, app: App) -> None:
        names = {ask(app, "POST", "/invocations", b"hello", PNG).json["request_id"] for _ in range(3)}
        assert len(names) == 3


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "headers", "expected"),
        [
            pytest.param(
                b"hello",
                PNG,
                (
                    422,
                    "not-an-image",
                    (
                        "the body cannot be used as an image: "
                        "not an image of a known format (JPEG, PNG, BMP, GIF, TIFF, WEBP)"
                    ),
                ),
                id="text",
            ),
            pytest.param(b"", PNG, (400, "empty", "the request has no body; send an image"), id="nothing"),
            pytest.param(
                b"x",
                PNG | {"Accept": "text/html"},
                (
                    406,
                    "not-acceptable",
                    "the answer can be application/json, application/jsonlines, text/csv",
                ),
                id="other answer",
            ),
            pytest.param(
                b"x",
                {},
                (
                    415,
                    "unsupported-content-type",
                    (
                        "the Content-Type has to be one of image/jpeg, image/png, application/x-image, "
                        "multipart/form-data, multipart/mixed"
                    ),
                ),
                id="no content type",
            ),
            pytest.param(
                picture(),
                PNG | {"X-Amzn-SageMaker-Custom-Attributes": "top_k=none"},
                (
                    400,
                    "bad-attribute",
                    (
                        "X-Amzn-SageMaker-Custom-Attributes: top_k is 'none', "
                        "but has to be a whole number from 1 on"
                    ),
                ),
                id="bad attribute",
            ),
            pytest.param(
                b"hello",
                {"Content-Type": "multipart/form-data"},
                (
                    400,
                    "bad-multipart",
                    (
                        "the body cannot be taken apart: "
                        "its Content-Type needs a boundary of 1 to 70 characters"
                    ),
                ),
                id="no boundary",
            ),
            pytest.param(
                *batch(picture(), kind="image/gif"),
                (
                    415,
                    "unsupported-content-type",
                    (
                        "the Content-Type of part 1 has to be one of image/jpeg, image/png, "
                        "application/x-image"
                    ),
                ),
                id="part of another kind",
            ),
            pytest.param(
                b"x" * (MAX_BODY_BYTES + 1),
                PNG,
                (413, "too-large", "the body is over the limit of 6,291,456 bytes"),
                id="too large",
            ),
        ],
    )
    def test_error(
        self, app: App, body: bytes, headers: Mapping[str, str], expected: tuple[int, str, str]
    ) -> None:
        assert error_of(ask(app, "POST", "/invocations", body, headers)) == expected

    def test_truncated_image(self, app: App) -> None:
        status, code, message = error_of(ask(app, "POST", "/invocations", picture("red", "JPEG")[:-50], PNG))
        assert (status, code) == (422, "not-an-image")
        assert message.startswith("the body cannot be used as an image: damaged: ")

    def test_largest_body_is_read(self, app: App) -> None:
        """It is no image, but it gets as far as being looked at."""
        assert error_of(ask(app, "POST", "/invocations", b"x" * MAX_BODY_BYTES, PNG))[1] == "not-an-image"

    def test_endless_body_is_not_read_to_its_end(self, app: App) -> None:
        pieces: Sequence[bytes] = [b"x" * MAX_BODY_BYTES] * 20
        assert error_of(ask(app, "POST", "/invocations", pieces, PNG))[0] == 413

    def test_too_many_pixels(self, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
        small = Preprocessing.for_inference
        monkeypatch.setattr(
            Preprocessing, "for_inference", lambda self, data: small(replace(self, max_pixels=199), data)
        )
        assert error_of(ask(app, "POST", "/invocations", picture("red"), PNG)) == (
            413,
            "too-many-pixels",
            "20x10 pixels, more than the limit of 199",
        )

    def test_too_slow(self, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(intake, "BODY_SECONDS", 0.0)
        assert error_of(ask(app, "POST", "/invocations", headers=PNG, stalls=True)) == (
            408,
            "too-slow",
            "the body took over 0 s to arrive",
        )

    def test_client_that_goes_away(self, app: App) -> None:
        answer = ask(app, "POST", "/invocations", (), PNG)
        assert (answer.status, answer.body) == (400, b"")

    def test_busy(self, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(application, "MAX_WAITING", 0)
        assert error_of(ask(app, "POST", "/invocations", picture(), PNG)) == (
            503,
            "busy",
            "0 requests are waiting already; try again later",
        )

    @pytest.mark.parametrize(
        ("method", "path", "expected"),
        [
            ("GET", "/", (404, "not-found", "there are GET /ping, POST /invocations and GET /metrics")),
            ("GET", "/invocations", (405, "method-not-allowed", "Method Not Allowed")),
            ("POST", "/ping", (405, "method-not-allowed", "Method Not Allowed")),
        ],
    )
    def test_unknown_route(self, app: App, method: str, path: str, expected: tuple[int, str, str]) -> None:
        assert error_of(ask(app, method, path)) == expected


class TestFaults:
    def test_bug_tells_nothing_of_the_inside(self, served: Served) -> None:
        answer = ask(served.app(Broken()), "POST", "/invocations", picture(), PNG)
        assert error_of(answer) == (500, "internal", "the server failed; its log says why")
        assert b"secret" not in answer.body

    def test_diverged_model(self, model_folder: Folder, served: Served) -> None:
        app = served.app(load(model_folder(render_graph(scale=0.0))))
        assert error_of(ask(app, "POST", "/invocations", picture("red"), PNG)) == (
            500,
            "model-error",
            "the model's probabilities are not finite: its training diverged",
        )

    def test_model_that_could_not_be_loaded(self, served: Served) -> None:
        loading: Future[Service] = Future()
        loading.set_exception(ModelError("damaged"))
        assert error_of(ask(served.loading(loading), "GET", "/ping")) == (
            503,
            "no-model",
            "the model cannot be loaded; the server is stopping",
        )
