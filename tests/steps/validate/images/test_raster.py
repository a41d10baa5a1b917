import pytest

from steps.validate.images.raster import is_mistake


@pytest.mark.parametrize(
    ("error", "mistake"),
    [
        (NameError, True),
        (AttributeError, True),
        (ImportError, True),
        (AssertionError, True),
        (TypeError, True),
        (ValueError, False),
        (OSError, False),
    ],
)
@pytest.mark.parametrize("ours", [True, False], ids=["ours", "theirs"])
def test_mistakes(error: type[Exception], mistake: bool, ours: bool) -> None:
    module = {"error": error, "__name__": "steps.validate.images.png" if ours else "PIL.Image"}
    with pytest.raises(error) as caught:
        exec("raise error", module)
    assert is_mistake(caught.value) is (mistake and ours)
