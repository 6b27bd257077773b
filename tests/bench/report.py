"""The report: a line a figure, with the goal beside it."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench.timeline import Part

WIDTH = 62
HEADER = f"{'median of the rounds':{WIDTH}} {'ours':>7} {'floor':>7}   figure (range)           wanted"


@dataclass(frozen=True)
class Sample:
    """What one round has measured: what is judged, and the floor below it, in seconds."""

    ours: float
    floor: float


def above(sample: Sample) -> float:
    """Return how far ours is above the floor."""
    return sample.ours - sample.floor


def ratio(sample: Sample) -> float:
    """Return ours, as a multiple of the floor."""
    return sample.ours / sample.floor


@dataclass(frozen=True)
class Goal:
    """What is measured and how good it has to be.

    Attributes:
        what: What is measured against which floor.
        figure: Makes the figure that counts of a sample.
        wanted: The largest figure that is good.
        unit: What stands after the figure.
        decimals: How many decimals are shown, and judged.
    """

    what: str
    figure: Callable[[Sample], float]
    wanted: float
    unit: str = ""
    decimals: int = 2

    def format(self, figure: float) -> str:
        """Return a figure as it is shown."""
        return f"{figure:.{self.decimals}f}"


def row(goal: Goal, samples: Sequence[Sample]) -> str:
    """Return the line that says how good the samples are. The figure is that of each round, not of the medians."""
    figures = [goal.figure(sample) for sample in samples]
    median = statistics.median(figures)
    ours = statistics.median(sample.ours for sample in samples)
    floor = statistics.median(sample.floor for sample in samples)
    figure = f"{goal.format(median)}{goal.unit} ({goal.format(min(figures))} to {goal.format(max(figures))})"
    # As it is shown: 1.254 is not more than 1.25.
    verdict = "met" if round(median, goal.decimals) <= goal.wanted else "NOT met"
    return (
        f"{goal.what:{WIDTH}} {goal.format(ours):>7} {goal.format(floor):>7}   {figure:22}"
        f"   {goal.format(goal.wanted)}{goal.unit} {verdict}"
    )


def load_line(load: Sequence[float]) -> str:
    """Return what tells whether the machine had something else to do, which spoils the figures."""
    before, after = load
    return f"load of the machine: {before:.1f} before, {after:.1f} after (the bench alone makes about 1.5)"


def empty_program_row(seconds: Sequence[float]) -> str:
    """Return the line about the empty program, which has no goal."""
    return f"{'empty Pulumi program':{WIDTH}} {statistics.median(seconds):7.2f}"


def timeline_table(parts: Sequence[Part]) -> str:
    """Return a line for each part of a deploy."""
    lines = [f"{part.start:5.2f}–{part.end:.2f}  {part.end - part.start:5.2f}  {part.what}" for part in parts]
    return "\n".join(["", "where the time of one deploy goes (changed version, 2 hosts; from–to, seconds)", *lines])
