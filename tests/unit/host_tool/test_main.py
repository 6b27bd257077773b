"""The command line: every verb is a file, and whatever is wrong is told in a sentence."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from components.host_tool.json_codec import to_json
from components.host_tool.main import VERBS
from components.host_tool.program import FOLDER
from components.host_tool.spec import HookSpec

RUN = "import sys; from host_tool.main import main; sys.exit(main(sys.argv[1:]))"


def host_tool(home: Path, *words: str, text: str = "") -> "subprocess.CompletedProcess[str]":
    """Run the host tool in a process of its own: it changes signals, umask and PATH."""
    environment = {**os.environ, "PYTHONPATH": str(FOLDER.parent)}
    return subprocess.run(
        [sys.executable, "-c", RUN, *words],
        input=text,
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_file_in_verbs_is_a_verb() -> None:
    files = {path.stem for path in (FOLDER / "verbs").glob("*.py")} - {"__init__"}
    assert files == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_function_that_runs_it(verb: str) -> None:
    module = importlib.import_module(f"components.host_tool.verbs.{verb}")
    assert callable(module.run)
    assert str(module.__doc__).startswith(f"{verb} ")


@pytest.mark.parametrize(
    ("words", "text", "sentence"),
    [
        ((), "", 'host_tool: : app "" is not a valid name'),
        (("dance", "shop"), "", "host_tool: dance: no such verb. There are: prepare secrets"),
        (("__init__", "shop"), "", "no such verb"),
        (("remove", "../other", "web"), "", 'app "../other" is not a valid name'),
        (("remove", "shop"), "", "too few words: at least 1 expected, 0 found"),
        (("switch", "shop", "web", "release"), "{}", "the input cannot be read: SwitchSpec lacks version"),
        (("secrets", "shop", "web"), "{", "the input cannot be read: Expecting"),
        (("hook", "shop", "../x", "5"), to_json(HookSpec("", "", "", 0, {})), 'hook "../x" is not a valid name'),
    ],
)
def test_what_is_wrong_with_a_call_is_told_in_a_sentence(
    tmp_path: Path, words: tuple[str, ...], text: str, sentence: str
) -> None:
    done = host_tool(tmp_path, *words, text=text)
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_files_of_a_step_can_be_read_by_their_user_alone(tmp_path: Path) -> None:
    done = host_tool(tmp_path, "secrets", "shop", "web", text='{"env": {"TOKEN": "hunter2"}}')
    assert done.returncode == 0, done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    for path in (tmp_path / ".kamal").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_folders_of_killed_runs_are_swept_by_every_step(tmp_path: Path) -> None:
    dead = tmp_path / ".kamal" / "apps" / "shop" / "run.dead"
    dead.mkdir(parents=True)
    (dead / "lock").touch()
    host_tool(tmp_path, "secrets", "shop", "web", text='{"env": {}}')
    assert not dead.exists()
