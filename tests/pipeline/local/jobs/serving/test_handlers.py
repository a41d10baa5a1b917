from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from pipeline.local.jobs.serving.frameworks import FRAMEWORKS
from pipeline.local.jobs.serving.handlers import Functions, Model, Request, ScriptError

JSON, CSV = "application/json", "text/csv"


def script(**functions: Any) -> ModuleType:
    module = ModuleType("inference")
    for name, function in {"model_fn": lambda folder: folder, **functions}.items():
        setattr(module, name, function)
    return module


def ask(module: ModuleType, body: bytes = b"[1]", **headers: str) -> tuple[bytes, str]:
    model = Model(Functions.of(module, FRAMEWORKS["scikit-learn"]), "/opt/ml/model")
    return model.answer(Request(body, {name.replace("_", "-"): value for name, value in headers.items()}))


def test_functions_of_a_script_are_called_in_turn() -> None:
    module = script(
        input_fn=lambda body, kind: [body, kind],
        predict_fn=lambda data, model: [*data, model],
        output_fn=lambda prediction, accept: "|".join([*prediction, accept]),
    )
    assert ask(module) == (b"[1]|application/json|/opt/ml/model|application/json", JSON)
    assert ask(module, content_type=CSV, accept=CSV) == (b"[1]|text/csv|/opt/ml/model|text/csv", CSV)


def test_transform_fn_takes_the_place_of_three() -> None:
    module = script(transform_fn=lambda model, body, kind, accept: (f"{model} {body!r} {kind}", "text/plain"))
    assert ask(module, content_type="image/png", accept="*/*") == (
        b"/opt/ml/model b'[1]' image/png",
        "text/plain",
    )


def test_functions_that_exclude_each_other_are_refused() -> None:
    module = script(transform_fn=lambda *_: b"", input_fn=lambda *_: b"", output_fn=lambda *_: b"")
    text = "transform_fn takes the place of input_fn and output_fn: write the one or the other"
    with pytest.raises(ValueError, match=f"^{text}$"):
        Functions.of(module, FRAMEWORKS["pytorch"])


def test_functions_with_one_more_parameter_are_told_the_context() -> None:
    def predict(data: Any, model: Any, context: Any) -> Any:
        return [model, context.get_request_header(0, "X-Mine"), dict(context.get_all_request_header(0))]

    module = script(
        model_fn=lambda folder, context: context.system_properties["model_dir"], predict_fn=predict
    )
    assert ask(module, x_mine="a") == (b'["/opt/ml/model", "a", {"x-mine": "a"}]', JSON)


@pytest.mark.parametrize(
    ("result", "written"),
    [
        (b"\xff", b"\xff"),
        (bytearray(b"a"), b"a"),
        ("ä", "ä".encode()),
        ({"a": [1]}, b'{"a": [1]}'),
        (None, b"null"),
    ],
)
def test_any_answer_is_written(result: Any, written: bytes) -> None:
    assert ask(script(transform_fn=lambda model, body, kind, accept: result)) == (written, JSON)


def fails(*_: Any) -> Any:
    raise KeyError("gone")


@pytest.mark.parametrize(
    ("functions", "headers", "status", "text"),
    [
        pytest.param(
            {"input_fn": lambda body, kind: fails()}, {}, 500, "input_fn failed: KeyError: 'gone'", id="input"
        ),
        pytest.param(
            {"predict_fn": lambda data, model: fails()},
            {},
            500,
            "predict_fn failed: KeyError: 'gone'",
            id="predict",
        ),
        pytest.param(
            {"transform_fn": lambda a, b: 1},
            {},
            500,
            "transform_fn failed: TypeError: ",
            id="wrong-parameters",
        ),
        pytest.param(
            {"predict_fn": lambda data, model: {1}},
            {},
            500,
            "output_fn failed: TypeError: a set cannot be written as JSON",
            id="output",
        ),
        pytest.param(
            {"output_fn": lambda data, accept: {1}, "predict_fn": lambda data, model: 1},
            {},
            500,
            "writing the answer failed: TypeError: a set cannot be written as JSON",
            id="answer",
        ),
        pytest.param(
            {}, {"content_type": "a/b"}, 415, "'a/b' is not supported by the default input_fn", id="415"
        ),
        pytest.param(
            {"predict_fn": lambda data, model: 1},
            {"accept": "a/b"},
            406,
            "'a/b' is not supported by the default output_fn",
            id="406",
        ),
    ],
)
def test_what_fails_is_named(
    functions: dict[str, Any], headers: dict[str, str], status: int, text: str
) -> None:
    module = script(**functions)
    with pytest.raises(ScriptError) as caught:
        ask(module, b"[1]", **headers)
    assert caught.value.status == status
    assert str(caught.value).startswith(text)


def test_text_that_is_none_is_named() -> None:
    with pytest.raises(ScriptError, match=r"^reading the body failed: UnicodeDecodeError"):
        ask(script(), b"\xff")


def test_a_model_that_does_not_load_is_named() -> None:
    with pytest.raises(ScriptError, match=r"^model_fn failed: KeyError: 'gone'$"):
        ask(script(model_fn=lambda folder: fails()))
