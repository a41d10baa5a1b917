import pytest

from steps.train.problems import customer_error


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (1, "Customer Error: no good\n  1"),
        (5, "Customer Error: no good\n  1\n  2\n  3\n  4\n  5"),
        (7, "Customer Error: no good\n  1\n  2\n  3\n  4\n  5\n  … and 2 more"),
    ],
)
def test_the_first_five_are_shown(count: int, text: str) -> None:
    assert str(customer_error("no good", [str(number + 1) for number in range(count)])) == text
