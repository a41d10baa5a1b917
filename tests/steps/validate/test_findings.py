from steps.validate.findings import CHECKS, EXAMPLES, Culprit, Finding


def test_codes_are_unique_and_in_order() -> None:
    codes = [check.code for check in CHECKS.values()]
    assert codes == sorted(set(codes))


def test_json_of_a_finding() -> None:
    finding = Finding("class-too-small", "train", (Culprit("train/fox", "1 image, at least 10"),))
    assert finding.to_json() == {
        "code": "V107",
        "check": "class-too-small",
        "severity": "error",
        "split": "train",
        "count": 1,
        "examples": ["train/fox: 1 image, at least 10"],
        "reason": "a class with few images is learnt badly",
        "hint": "add images, or lower validate.min_images_per_class",
    }


def test_json_holds_a_bounded_number_of_examples() -> None:
    culprits = tuple(Culprit(f"train/{i}", "zero bytes") for i in range(EXAMPLES + 5))
    content = Finding("unreadable-image", "train", culprits).to_json()
    assert content["count"] == EXAMPLES + 5
    assert content["examples"] == [f"train/{i}: zero bytes" for i in range(EXAMPLES)]
