from hypothesis import given
from hypothesis import strategies as st

from steps.container import REASON_LIMIT
from steps.evaluate.problems import HINTS, Problem, scores_error


def test_text_in_full() -> None:
    problems = [
        Problem("bad-score", "dog/3.jpg", "2 probabilities for 3 classes"),
        *(Problem("missing-score", f"cat/{i}.jpg", "no score") for i in range(5)),
    ]
    assert scores_error(problems, 352) == (
        "error V002 scores-invalid: 6 of the scores of 352 images cannot be used\n"
        "  missing-score  5 (cat/0.jpg: no score; cat/1.jpg: no score; cat/2.jpg: no score; … and 2 more)\n"
        "  bad-score  1 (dog/3.jpg: 2 probabilities for 3 classes)\n"
        "  hint: look into the log of ScoreValidation for what it said of these images\n"
        "  hint: a model whose training diverged answers so; lower train.hyperparameters.learning_rate"
    )


@given(
    st.lists(
        st.builds(Problem, st.sampled_from(sorted(HINTS)), st.text(max_size=300), st.text(max_size=300)),
        min_size=1,
        max_size=20,
    )
)
def test_text_is_never_longer_than_sagemaker_keeps(problems: list[Problem]) -> None:
    assert len(scores_error(problems, 10**9)) <= REASON_LIMIT
