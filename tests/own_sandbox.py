"""Sandboxes apart from the user's, for tests that stop and break things.

`python3 -m tests.own_sandbox` removes what a run that was killed has left.
"""

from pathlib import Path

from dev.sandbox import Sandbox

PROJECT = Path(__file__).resolve().parents[1]

# What the names of these sandboxes match.
NAMES = "*-tests*"


def own_sandbox(name: str) -> Sandbox:
    """A sandbox named so, down: a project folder of its own that shares the engine and the sample app."""
    project = PROJECT / ".local" / name
    (project / ".local").mkdir(parents=True, exist_ok=True)
    for link in (".local/engine", "example"):
        if not (project / link).is_symlink():
            (project / link).symlink_to(PROJECT / link)
    made = Sandbox(project)
    made.down()
    return made


if __name__ == "__main__":
    for folder in (PROJECT / ".local").glob(NAMES):
        if (folder / ".local").is_dir():
            own_sandbox(folder.name)
