import re

from pipeline.config.codes import CODES
from tests import generate_algorithm
from tests.generate_algorithm import FILE, page


def test_the_page_is_current() -> None:
    assert FILE.read_text(encoding="utf-8") == page(), "run `make generate`"


def test_it_names_every_code_of_the_contract() -> None:
    modules = ("steps/train/contract.py", "pipeline/checks/algorithm.py", "pipeline/checks/channels.py")
    texts = [(generate_algorithm.FILE.parents[1] / module).read_text(encoding="utf-8") for module in modules]
    used = {code for text in texts for code in re.findall(r'"(C[0-9]{3})"', text)}
    assert set(re.findall(r"^\| (C[0-9]{3}) ", page(), re.MULTILINE)) == used <= set(CODES)
