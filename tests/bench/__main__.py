"""Measure how long deploys take, beside a floor measured in the same run.

Absolute times say little on a busy machine. So each round runs every contender and its floor one after the other, and
what counts is the ratio or the difference of the two. The bench reports; it judges nothing by its exit status.
"""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from dev.sandbox.errors import SandboxError
from tests.bench.contenders import Contenders
from tests.bench.measures import MEASURES
from tests.bench.report import HEADER, empty_program_row, load_line
from tests.bench.stopwatch import seconds


def main() -> None:
    """Measure what the options ask for, and print the report."""
    # Without job control a shell's `&` has SIGINT ignored, and Pulumi waits 5 s for each plugin that it interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    options = parse(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder, ExitStack() as cleanup:
        try:
            print(run(Contenders(Path(folder), cleanup), options.only, options.rounds))
        except SandboxError as error:
            sys.exit(f"bench: {error}")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often everything is measured (default: 5)")
    parser.add_argument(
        "--only",
        type=lambda text: text.split(","),
        default=list(MEASURES),
        metavar="NAMES",
        help=f"some of {','.join(MEASURES)}",
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.only) - set(MEASURES):
        parser.error(f"--only: {', '.join(sorted(unknown))} is not among {', '.join(MEASURES)}")
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    return options


def run(contenders: Contenders, names: Sequence[str], rounds: int) -> str:
    """Run the measures in turn, round by round, and return the report."""
    load = [os.getloadavg()[0]]
    say("first deploys, which do not count")
    measures = [MEASURES[name](contenders) for name in MEASURES if name in names]
    contenders.empty_program.up()
    empty = []
    for number in range(1, rounds + 1):
        say(f"round {number} of {rounds}")
        empty.append(seconds(contenders.empty_program.up))
        for measure in measures:
            measure.run(empty[-1])
    load.append(os.getloadavg()[0])
    rows = [empty_program_row(empty), *(measure.report() for measure in measures)]
    return "\n".join([load_line(load), HEADER, *rows])


def say(line: str) -> None:
    """Print a line about the progress."""
    print(f"bench: {line}", file=sys.stderr)


if __name__ == "__main__":
    main()
