"""The full example, and what `make up EXAMPLE=full` says to try next."""

import re
import subprocess

from dev.sandbox import Sandbox, full
from dev.sandbox.commands import run

UP = ("up", "--yes", "--skip-preview")


def pulumi(sandbox: Sandbox, *arguments: str) -> None:
    """Run a Pulumi command that may take longer than one of the config."""
    run(["pulumi", *arguments], env=sandbox.environment(), cwd=sandbox.paths.project, timeout=200)


def shell(sandbox: Sandbox, command: str) -> str:
    """Run a command in the project's folder."""
    words = ["sh", "-c", command]
    folder = sandbox.paths.project
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True, timeout=30).stdout


def test_it_runs_and_an_edit_is_deployed_as_it_says(sandbox: Sandbox) -> None:
    inventory = sandbox.up(2)
    full.configure(sandbox)
    pulumi(sandbox, *UP)
    said = full.next_steps(sandbox)
    (curl,) = re.findall(r"^ *(curl .*)$", said, re.MULTILINE)
    page = shell(sandbox, curl)
    assert re.search(r"ordered</dt><dd>1<", page)
    (style,) = re.findall(r"assets/app-\w+\.css", page)

    (edit,) = re.findall(r"^ *(sed -i .* commit .*)$", said, re.MULTILINE)
    shell(sandbox, edit)
    full.configure(sandbox)
    pulumi(sandbox, *UP)
    page = shell(sandbox, curl)
    # The database has kept the orders, and the worker has shipped one.
    assert re.search(r"ordered</dt><dd>2<", page)
    assert re.search(r"shipped</dt><dd>[12]<", page)
    assert style not in page
    # Who still has the old page gets its style sheet, also from the other host.
    first, second = inventory.hosts
    assert "font-family" in shell(sandbox, f"{curl}{style}".replace(first.address, second.address))
    pulumi(sandbox, *UP, "--expect-no-changes")

    pulumi(sandbox, "destroy", "--yes", "--skip-preview")
    left = sandbox.run(
        first.name, ["sh", "-c", f"docker ps --quiet --filter label=service={full.APP}; ls {full.APP}-db"]
    )
    assert left.stdout == b"data\n"
