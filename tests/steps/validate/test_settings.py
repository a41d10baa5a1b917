import pickle
import re

import pytest

from steps.container import ProgramError
from steps.validate.settings import Settings, parse_settings

ARGUMENTS = {
    "--image-shape": "3,224,224",
    "--resize": "256",
    "--mini-batch-size": "32",
    "--min-images-per-class": "20",
    "--on-corrupt": "fail",
}


def parse(**changes: str | None) -> Settings:
    given = ARGUMENTS | {f"--{name.replace('_', '-')}": value for name, value in changes.items()}
    return parse_settings(
        [text for name, value in given.items() if value is not None for text in (name, value)]
    )


def test_all_arguments() -> None:
    assert parse() == Settings((3, 224, 224), 256, 32, 20, skip_corrupt=False)


def test_without_resize_images_must_have_the_size() -> None:
    settings = parse(resize=None, image_shape="1,28,32")
    assert settings.smallest == (32, 28)


def test_with_resize_any_size_will_do() -> None:
    assert parse().smallest is None


def test_skip() -> None:
    assert parse(on_corrupt="skip").skip_corrupt
    assert parse(on_leak="skip").skip_leaks


def test_severities() -> None:
    settings = parse(severity="hidden-file=ignore")
    assert settings.severities == {"hidden-file": "ignore"}
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_several_severities_and_the_last_of_one_check() -> None:
    arguments = [text for pair in ARGUMENTS.items() for text in pair]
    levels = ["stray-file=error", "hidden-file=error", "stray-file=warning"]
    settings = parse_settings([*arguments, *(f"--severity={one}" for one in levels)])
    assert settings.severities == {"stray-file": "warning", "hidden-file": "error"}


def test_a_share() -> None:
    assert parse(validation_share="0.2").validation_share == 0.2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            {"image_shape": "224,224"},
            "argument --image-shape: '224,224' is not channels,height,width, such as 3,224,224",
            id="two numbers",
        ),
        pytest.param(
            {"image_shape": "3,0,224"},
            "argument --image-shape: '3,0,224' is not channels,height,width, such as 3,224,224",
            id="zero",
        ),
        pytest.param(
            {"mini_batch_size": "-1"},
            "argument --mini-batch-size: '-1' is not a whole number above 0",
            id="negative",
        ),
        pytest.param(
            {"min_images_per_class": "٣"},
            "argument --min-images-per-class: '٣' is not a whole number above 0",
            id="digits of another script",
        ),
        pytest.param(
            {"mini_batch_size": None},
            "the following arguments are required: --mini-batch-size",
            id="missing",
        ),
        pytest.param(
            {"severity": "hidden-fil=ignore"},
            "argument --severity: there is no check 'hidden-fil'",
            id="unknown check",
        ),
        pytest.param(
            {"severity": "hidden-file"},
            "argument --severity: 'hidden-file' is not a check with error, warning or ignore",
            id="no severity",
        ),
        pytest.param(
            {"severity": "hidden-file=fatal"},
            "argument --severity: 'hidden-file=fatal' is not a check with error, warning or ignore",
            id="unknown severity",
        ),
        *(
            pytest.param(
                {"validation_share": text},
                f"argument --validation-share: '{text}' is not a number between 0 and 1",
                id=f"share {text}",
            )
            for text in ("0", "1", "20%", "nan")
        ),
        pytest.param({"colour": "red"}, "unrecognized arguments: --colour red", id="unknown"),
    ],
)
def test_wrong_arguments(changes: dict[str, str | None], message: str) -> None:
    text = f"the arguments of the image validation cannot be used: {message}"
    with pytest.raises(ProgramError, match=f"^{re.escape(text)}$"):
        parse(**changes)


def test_wrong_choice() -> None:
    with pytest.raises(ProgramError, match="--on-corrupt: invalid choice: 'ignore'"):
        parse(on_corrupt="ignore")
