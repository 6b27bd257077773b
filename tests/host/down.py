"""Remove what a run of the host tool's tests left that was killed: `python3 -m tests.host.down`."""

from pathlib import Path

from sandbox import Sandbox

# The project folder of these tests' own sandbox.
PROJECT = Path(__file__).resolve().parents[2] / ".local" / "host-tests"

if __name__ == "__main__" and PROJECT.exists():
    Sandbox(PROJECT).down()
