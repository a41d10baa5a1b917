from hypothesis import given
from hypothesis import strategies as st

from steps.container import REASON_LIMIT
from steps.validate.findings import CHECKS, EXAMPLES, Culprit, Finding, Grade
from steps.validate.report.summary import dataset_error, warning_line

URIS = ("s3://b/train", "s3://b/validation")


def finding(
    check: str, *paths: str, split: str = "train", reason: str = "why", severity: Grade = "error"
) -> Finding:
    examples = tuple(Culprit(split, path, reason) for path in paths[:EXAMPLES])
    return Finding(check, split, severity, len(paths), examples)


def test_text_in_full() -> None:
    findings = [
        finding("class-too-small", "fox", reason="1 image, at least 10"),
        Finding(
            "unreadable-image",
            "train",
            "error",
            2,
            (
                Culprit("train", "cat/0191.jpg", "truncated at byte 8 192"),
                Culprit("train", "dog/77.png", "not an image"),
            ),
        ),
        finding("unsupported-format", *(f"cat/{i}" for i in range(30)), reason="GIF"),
        finding("unsupported-format", *(f"cat/{i}" for i in range(9)), split="validation", reason="GIF"),
        finding("hidden-file", ".DS_Store", severity="warning"),
    ]
    assert dataset_error(findings, 41, 10_240, URIS) == (
        "error V001 dataset-invalid: 3 checks failed on 41 of 10 240 files"
        " under s3://b/train and s3://b/validation\n"
        "  class-too-small      1 class (train/fox: 1 image, at least 10)\n"
        "  unreadable-image     2 files (train/cat/0191.jpg: truncated at byte 8 192;"
        " train/dog/77.png: not an image)\n"
        "  unsupported-format  39 files (train/cat/0: GIF; train/cat/1: GIF; train/cat/2: GIF;"
        " … and 36 more)\n"
        "  hint: add images, or lower validate.min_images_per_class\n"
        "  hint: replace or delete these files, or set validate.on_corrupt: skip to leave them out\n"
        "  hint: convert these files to JPEG or PNG, or set validate.on_corrupt: skip to leave them out"
    )


def test_text_without_any_file_at_fault() -> None:
    text = dataset_error([finding("empty-class", "fox", reason="no images")], 0, 1, URIS[:1])
    assert text.splitlines()[:2] == [
        "error V001 dataset-invalid: 1 check failed on 1 file under s3://b/train",
        "  empty-class  1 class (train/fox: no images)",
    ]


def test_fewer_examples_when_it_gets_long() -> None:
    subjects = [f"{'long-' * 40}{i}" for i in range(9)]
    checks = ("unreadable-image", "unsupported-format", "unsafe-name")
    text = dataset_error([finding(check, *subjects) for check in checks], 9, 9, URIS)
    assert len(text) <= REASON_LIMIT
    assert text.count("… and 8 more)") == 3


def test_whole_checks_are_cut_when_nothing_else_helps() -> None:
    findings = [finding(check, "x" * 300) for check in CHECKS]
    text = dataset_error(findings, 9, 10, ("s3://b/" + "t" * 900, "s3://b/" + "v" * 900))
    assert len(text) <= REASON_LIMIT
    assert text.splitlines()[-1] == "  … and 32 more"


@given(
    st.lists(
        st.builds(
            finding,
            st.sampled_from(sorted(CHECKS)),
            st.text(min_size=1, max_size=400),
            st.text(min_size=1, max_size=400),
        ),
        min_size=1,
        max_size=30,
    ),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.lists(st.text(max_size=1200), min_size=1, max_size=2),
)
def test_text_is_never_longer_than_sagemaker_keeps(
    findings: list[Finding], faulty: int, files: int, uris: list[str]
) -> None:
    assert len(dataset_error(findings, faulty, files, uris)) <= REASON_LIMIT


def test_warning() -> None:
    assert (
        warning_line(finding("hidden-file", ".DS_Store", "cat/Thumbs.db", reason="skipped"))
        == "V103 hidden-file 2 files (train/.DS_Store: skipped; train/cat/Thumbs.db: skipped)"
    )
