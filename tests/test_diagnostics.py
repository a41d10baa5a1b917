from tests import generate_diagnostics


def test_the_page_is_current_and_no_code_means_two_things() -> None:
    assert generate_diagnostics.PAGE.read_text() == generate_diagnostics.text(), "run `make generate`"


def test_codes_of_every_kind_are_found() -> None:
    assert {code[0] for code in generate_diagnostics.codes()} == set("CDLRV")
