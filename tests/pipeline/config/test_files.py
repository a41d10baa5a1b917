from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config.loader import load_config
from pipeline.errors import ConfigError
from tests.pipeline.config.conftest import WHOLE, Load, Refuse


def test_a_file_lays_itself_over_the_one_that_it_extends(load: Load) -> None:
    config = load("extends: base.yaml\ngate: {macro_f1: 0.8}\nname: other\n", base=WHOLE).config
    assert (config.name, config.gate.accuracy, config.gate.macro_f1) == ("other", 0.9, 0.8)
    assert config.data.train == "s3://my-bucket/train"


def test_extending_goes_over_several_files(load: Load) -> None:
    config = load("extends: middle.yaml\n", middle="extends: base.yaml\nname: middle\n", base=WHOLE).config
    assert config.name == "middle"


def test_an_extended_file_is_found_from_the_file_that_extends_it(load: Load) -> None:
    Path("team").mkdir()
    Path("team/middle.yaml").write_text("extends: ../base.yaml\n", encoding="utf-8")
    assert load("extends: team/middle.yaml\n", base=WHOLE).config.name == "digits"


def test_an_error_points_into_the_file_where_the_value_stands(refuse: Refuse) -> None:
    told = refuse(
        "extends: base.yaml\nscore: {instance_count: 0}\n", base=WHOLE + "train: {instance_count: x}\n"
    )
    assert (
        told
        == """\
c.yaml:2:25: error C104 out-of-range: instance_count is 0, and 1 is the least
    1 | extends: base.yaml
    2 | score: {instance_count: 0}
      |                         ^
  hint: write 1 or more

base.yaml:8:25: error C103 wrong-type: instance_count takes a whole number, not 'x'
    7 |   accuracy: 0.9
    8 | train: {instance_count: x}
      |                         ^"""
    )


REFUSED = {
    "no such file": (
        "extends: gone.yaml\n",
        """\
c.yaml:1:10: error C007 bad-extends: gone.yaml does not exist
    1 | extends: gone.yaml
      |          ^^^^^^^^^
  hint: the path starts at the file that says extends""",
    ),
    "itself": (
        "name: a\nextends: c.yaml\n",
        """\
c.yaml:2:10: error C007 bad-extends: these files extend one another: c.yaml → c.yaml
    1 | name: a
    2 | extends: c.yaml
      |          ^^^^^^
  hint: remove one extends""",
    ),
    "circle": (
        "extends: circle.yaml\n",
        """\
circle.yaml:1:10: error C007 bad-extends: these files extend one another: c.yaml → circle.yaml → c.yaml
    1 | extends: c.yaml
      |          ^^^^^^
  hint: remove one extends""",
    ),
    "list": (
        "extends: [a.yaml, b.yaml]\n",
        """\
c.yaml:1:10: error C007 bad-extends: extends takes the path of one other YAML file
    1 | extends: [a.yaml, b.yaml]
      |          ^^^^^^^^^^^^^^^^
  hint: write extends: other.yaml""",
    ),
    "folder": (
        "extends: .\n",
        """\
c.yaml:1:10: error C007 bad-extends: . is a folder, not a file
    1 | extends: .
      |          ^
  hint: the path starts at the file that says extends""",
    ),
}


@pytest.mark.parametrize(("text", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_extends(refuse: Refuse, text: str, error: str) -> None:
    assert refuse(text, circle="extends: c.yaml\n") == error


def test_a_syntax_error_in_an_extended_file_names_that_file(refuse: Refuse) -> None:
    assert refuse("extends: broken.yaml\n", broken="a: [\n").startswith(
        "broken.yaml:2:1: error C001 yaml-syntax: "
    )


def test_what_is_wrong_in_both_files_is_told_at_once(refuse: Refuse) -> None:
    told = refuse("extends: broken.yaml\nname: a\nname: b\n", broken="a: [\n")
    heads = [line.split(": ")[1] for line in told.splitlines() if "error" in line]
    assert heads == ["error C004 duplicate-key", "error C001 yaml-syntax"]


def test_a_long_chain_of_files_is_refused(refuse: Refuse) -> None:
    chain = {f"f{n}": f"extends: f{n + 1}.yaml\n" for n in range(20)}
    assert "error C007 bad-extends: more than 8 files extend one another" in refuse(
        "extends: f0.yaml\n", **chain
    )


def test_a_file_that_does_not_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load_config(Path("conf/x.yaml"), facts=None, environ={})
    assert str(caught.value) == (
        "conf/x.yaml:1:1: error C002 unreadable-file: conf/x.yaml does not exist\n"
        "  hint: check the path; -c names another file"
    )


UNREADABLE = {
    "Latin-1": (
        b"name: caf\xe9\n",
        "c.yaml is not UTF-8: byte 0xe9 in line 1\n  hint: save the file as UTF-8",
    ),
    "too large": (
        b"a: " + b"x" * 300_000,
        "c.yaml is larger than 256 KiB\n  hint: is this the right file?",
    ),
}


@pytest.mark.parametrize(("content", "error"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_unreadable_files(refuse: Refuse, content: bytes, error: str) -> None:
    assert refuse(content) == f"c.yaml:1:1: error C002 unreadable-file: {error}"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_line_ends_do_not_shift_places(refuse: Refuse, ending: str) -> None:
    told = refuse((WHOLE + "deploy: {when: x}\n").replace("\n", ending))
    assert told.startswith("c.yaml:8:16: error C105")


def test_a_byte_order_mark_is_no_part_of_the_first_key(load: Load) -> None:
    assert load(b"\xef\xbb\xbf" + WHOLE.encode()).config.name == "digits"
