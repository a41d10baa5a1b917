from steps.deploy.metrics import Histogram, Metrics


def test_histogram() -> None:
    histogram = Histogram((1, 2.5))
    for value in (0.5, 1, 2, 3):
        histogram.observe(value)
    assert list(histogram.lines("h")) == [
        'h_bucket{le="1"} 2',
        'h_bucket{le="2.5"} 3',
        'h_bucket{le="+Inf"} 4',
        "h_sum 6.5",
        "h_count 4",
    ]


def test_nothing_yet() -> None:
    text = Metrics().render()
    assert "imgpipe_invocation_seconds_count 0\n" in text
    assert "imgpipe_requests_total{" not in text
    assert text.endswith("\n")


def test_counts() -> None:
    metrics = Metrics()
    metrics.answered(0.02)
    metrics.answered(0.02)
    metrics.refused(422, "not-an-image")
    metrics.batch(3)
    lines = metrics.render().splitlines()
    assert 'imgpipe_requests_total{status="200"} 2' in lines
    assert 'imgpipe_requests_total{status="422"} 1' in lines
    assert 'imgpipe_errors_total{code="not-an-image"} 1' in lines
    assert 'imgpipe_invocation_seconds_bucket{le="0.01"} 0' in lines
    assert 'imgpipe_invocation_seconds_bucket{le="0.025"} 2' in lines
    assert 'imgpipe_batch_images_bucket{le="2"} 0' in lines
    assert 'imgpipe_batch_images_bucket{le="4"} 1' in lines
    assert "imgpipe_batch_images_sum 3" in lines


def test_every_sample_is_of_a_family_that_was_told_before() -> None:
    metrics = Metrics()
    metrics.answered(1.0)
    metrics.refused(400, "empty")
    families = set()
    for line in metrics.render().splitlines():
        if line.startswith("# TYPE "):
            families.add(line.split()[2])
        elif not line.startswith("#"):
            name = line.partition(" ")[0].partition("{")[0]
            assert any(
                name in (family, *(f"{family}_{s}" for s in ("bucket", "sum", "count")))
                for family in families
            )
