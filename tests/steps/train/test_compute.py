import pytest
import torch

from steps.train import compute


@pytest.fixture
def abilities(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """The instruction sets of a processor without bfloat16, on a machine without a GPU; to be changed."""
    found: dict[str, object] = {"architecture": "x86_64", "avx512_f": True, "avx512_bf16": False}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    return found


@pytest.mark.parametrize("name", ["avx512_bf16", "amx_bf16", "bf16"])
def test_bfloat16_is_taken_where_the_processor_has_it(abilities: dict[str, object], name: str) -> None:
    abilities[name] = True

    assert compute.choose(None).half == torch.bfloat16


@pytest.mark.parametrize(
    ("precision", "half"), [(None, None), ("float32", None), ("float16", torch.bfloat16)], ids=str
)
def test_a_processor_without_bfloat16(
    abilities: dict[str, object], precision: str | None, half: torch.dtype | None
) -> None:
    assert compute.choose(precision).half == half


def test_float32_is_float32_on_any_processor(abilities: dict[str, object]) -> None:
    abilities["avx512_bf16"] = True

    assert compute.choose("float32").half is None


def test_a_gpu_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)

    assert compute.choose(None) == compute.Compute(torch.device("cuda"), None)


def test_products_are_of_the_precision_and_gradients_float32(abilities: dict[str, object]) -> None:
    layer = torch.nn.Linear(2, 2)

    with compute.choose("float16").autocast():
        product = layer(torch.ones(1, 2))
    product.float().sum().backward()

    assert product.dtype == torch.bfloat16
    assert layer.weight.grad is not None
    assert layer.weight.grad.dtype == torch.float32
    with compute.choose("float32").autocast():
        assert layer(torch.ones(1, 2)).dtype == torch.float32


@pytest.mark.parametrize(("precision", "text"), [("float32", "float32"), ("float16", "bfloat16 and float32")])
def test_it_says_what_it_is(abilities: dict[str, object], precision: str, text: str) -> None:
    assert str(compute.choose(precision)).endswith(
        f" CPU, {torch.get_num_threads()} threads, {text}, channels last"
    )
