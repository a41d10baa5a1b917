from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from steps.deploy import application
from steps.deploy.application import MAX_BODY_BYTES, Application
from steps.deploy.classifier import Classifier, ModelError, load_classifier
from steps.model.preprocessing import Preprocessing

from .conftest import Answer, Folder, ask, picture, render_graph

App = Callable[..., Any]
PNG = {"Content-Type": "image/png"}


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def app_of(classifier: Any, pool: ThreadPoolExecutor) -> App:
    loading: Future[Classifier] = Future()
    loading.set_result(classifier)
    return Application(loading, pool, clock=lambda: 0.0).asgi()


@pytest.fixture
def app(model_folder: Folder, pool: ThreadPoolExecutor) -> App:
    return app_of(load_classifier(model_folder() / "model", threads=1), pool)


class Broken:
    """A model with a bug."""

    def classify(self, data: bytes) -> list[float]:
        raise ZeroDivisionError("secret detail")


def error_of(answer: Answer) -> tuple[int, str, str]:
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json) == {"error"}
    return answer.status, answer.json["error"]["code"], answer.json["error"]["message"]


class TestPing:
    def test_ready(self, app: App) -> None:
        answer = ask(app, "GET", "/ping")
        assert (answer.status, answer.body) == (200, b"")

    @pytest.mark.parametrize(("method", "path"), [("GET", "/ping"), ("POST", "/invocations")])
    def test_still_loading(self, pool: ThreadPoolExecutor, method: str, path: str) -> None:
        app = Application(Future(), pool, clock=lambda: 0.0).asgi()
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

    def test_log_line(self, app: App, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("INFO")
        data = picture("red")
        ask(app, "POST", "/invocations", data, PNG)
        assert f"invocation: {len(data)} bytes, 0.0 ms" in caplog.messages


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "headers", "expected"),
        [
            pytest.param(
                b"hello",
                PNG,
                (
                    400,
                    "not-an-image",
                    (
                        "the body cannot be used as an image: "
                        "not an image of a known format (JPEG, PNG, BMP, GIF, TIFF, WEBP)"
                    ),
                ),
                id="text",
            ),
            pytest.param(b"", PNG, (400, "empty", "the request has no body; send one image"), id="nothing"),
            pytest.param(
                b"x",
                PNG | {"Accept": "text/csv"},
                (406, "not-acceptable", "the answer can be application/json or application/jsonlines"),
                id="other answer",
            ),
            pytest.param(
                b"x",
                {},
                (
                    415,
                    "unsupported-content-type",
                    "the Content-Type has to be one of image/jpeg, image/png, application/x-image",
                ),
                id="no content type",
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
        assert (status, code) == (400, "not-an-image")
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
            400,
            "not-an-image",
            "the body cannot be used as an image: 20x10 pixels, more than the limit of 199",
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
            ("GET", "/", (404, "not-found", "there are GET /ping and POST /invocations")),
            ("GET", "/invocations", (405, "method-not-allowed", "Method Not Allowed")),
            ("POST", "/ping", (405, "method-not-allowed", "Method Not Allowed")),
        ],
    )
    def test_unknown_route(self, app: App, method: str, path: str, expected: tuple[int, str, str]) -> None:
        assert error_of(ask(app, method, path)) == expected


class TestFaults:
    def test_bug_tells_nothing_of_the_inside(self, pool: ThreadPoolExecutor) -> None:
        answer = ask(app_of(Broken(), pool), "POST", "/invocations", picture(), PNG)
        assert error_of(answer) == (500, "internal", "the server failed; its log says why")
        assert b"secret" not in answer.body

    def test_diverged_model(self, model_folder: Folder, pool: ThreadPoolExecutor) -> None:
        classifier = load_classifier(model_folder(render_graph(scale=0.0)) / "model", threads=1)
        assert error_of(ask(app_of(classifier, pool), "POST", "/invocations", picture("red"), PNG)) == (
            500,
            "model-error",
            "the model's probabilities are not finite: its training diverged",
        )

    def test_model_that_could_not_be_loaded(self, pool: ThreadPoolExecutor) -> None:
        loading: Future[Classifier] = Future()
        loading.set_exception(ModelError("damaged"))
        assert error_of(ask(Application(loading, pool, clock=lambda: 0.0).asgi(), "GET", "/ping")) == (
            503,
            "no-model",
            "the model cannot be loaded; the server is stopping",
        )
