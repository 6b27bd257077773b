"""What the bench says about what it has measured."""

from tests.bench.report import Goal, Sample, above, ratio, row

SAMPLES = [Sample(3.0, 2.0), Sample(2.4, 2.0), Sample(2.6, 2.0)]


def test_a_row_has_the_medians_the_range_and_the_goal() -> None:
    line = row(Goal("changed version", ratio, 1.25), SAMPLES)
    assert line.split() == ["changed", "version", "2.60", "2.00", "1.30", "(1.20", "to", "1.50)", "1.25", "NOT", "met"]


def test_a_figure_that_is_shown_as_the_goal_meets_it() -> None:
    assert row(Goal("rollback", above, 0.6, " s"), SAMPLES).endswith("0.60 s met")
    assert row(Goal("rollback", above, 0.59, " s"), SAMPLES).endswith("NOT met")


def test_the_figure_compares_what_one_round_has_measured() -> None:
    """A busy machine slows both down, so the ratio of the medians would be of two different moments."""
    line = row(Goal("changed version", ratio, 1.0), [Sample(2.0, 1.0), Sample(8.0, 4.0), Sample(5.0, 5.0)])
    assert "2.00 (1.00 to 2.00)" in line


def test_counts_have_no_decimals() -> None:
    line = row(Goal("connections", above, 2, decimals=0), [Sample(3, 0)])
    assert line.split() == ["connections", "3", "0", "3", "(3", "to", "3)", "2", "NOT", "met"]
