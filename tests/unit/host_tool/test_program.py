"""The program as it travels, and its first contact with a host: looked at from memory, installed, prepared."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from components.host_tool import program
from components.host_tool.json_codec import from_json, to_json
from components.host_tool.program import bootstrap_words, inspect_words, packed_program, program_hash, sources
from components.host_tool.result import HostFacts
from components.host_tool.spec import InspectSpec, PrepareSpec

PACK = "import runpy, sys; print(runpy.run_path(sys.argv[1])['packed_program']())"

LOOK = to_json(InspectSpec("kamal", ports=()))

# Answers `docker info` and `docker network inspect`.
DOCKER = """#!/bin/sh
[ "$1" != info ] || echo '{"ServerVersion": "28.0.0", "DockerRootDir": "/"}'
"""

NO_DOCKER = "#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n"

HANGING_DOCKER = f"#!/bin/sh\nexec {shutil.which('sleep')} 60\n"


@cache
def pythons() -> dict[tuple[int, int], Path]:
    """Return the Pythons of this machine, 3.9 or newer, by version."""
    minors = [f"python3.{minor}" for minor in range(9, 20)]
    versions = (path for name in minors for path in Path("~/.pyenv/versions").expanduser().glob(f"*/bin/{name}"))
    on_path = (Path(path) for name in minors if (path := shutil.which(name)))
    found: dict[tuple[int, int], Path] = {}
    for python in (*versions, *on_path, Path(sys.executable)):
        asked = subprocess.run(
            [python, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True
        )
        # One of pyenv's own scripts is there for every version, and fails for those that are not chosen.
        if asked.returncode == 0:
            major, minor = asked.stdout.split()
            found[int(major), int(minor)] = python
    return found


def oldest_python() -> Path:
    return pythons()[min(pythons())]


class Host:
    """A home directory, and a PATH with one Python and what the bootstrap calls, before the machine's own folders.

    Every other name of a Python is one that is too old.
    """

    def __init__(self, path: Path, python: Path | None, docker: str) -> None:
        self.home = path / "home"
        self.bin = path / "bin"
        self.home.mkdir()
        self.bin.mkdir()
        for name in ("sh", "timeout", "uname"):
            (self.bin / name).symlink_to(shutil.which(name) or name)
        for name in ("python3", *(f"python3.{minor}" for minor in range(9, 20))):
            self.write(name, "#!/bin/sh\nexit 1\n")
        if python:
            (self.bin / "python3").unlink()
            (self.bin / "python3").symlink_to(python)
        self.write("docker", docker)

    def write(self, name: str, script: str) -> None:
        (self.bin / name).write_text(script)
        (self.bin / name).chmod(0o755)

    def run(self, words: Sequence[str | Path], text: str) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": str(self.bin), "HOME": str(self.home)}
        return subprocess.run(
            words, input=text, cwd=self.home, env=environment, capture_output=True, text=True, timeout=60
        )

    def bootstrap(self, tool: str) -> "subprocess.CompletedProcess[str]":
        return self.run([*bootstrap_words("shop"), "0wner"], prepare_spec(tool))

    def look(self) -> "subprocess.CompletedProcess[str]":
        """Look at the host, as the deployer does at the start of every preview."""
        return self.run(inspect_words("shop"), f"{LOOK}\n{packed_program()}\n")

    def files(self) -> dict[str, int]:
        """When each file of the home directory was last changed."""
        return {str(path): path.stat().st_mtime_ns for path in (self.home, *self.home.rglob("*"))}

    @property
    def tool(self) -> Path:
        return self.home / ".kamal" / "apps" / "shop" / "bin" / f"host_tool-{program_hash()}"


def prepare_spec(tool: str) -> str:
    stack = "organization/shop/prod"
    return to_json(PrepareSpec("kamal", "shop", "", roles=(), stack=stack, resource="urn", take_over=False, tool=tool))


def test_the_packed_program_is_the_same_from_every_python() -> None:
    for python in pythons().values():
        words: list[str | Path] = [python, "-IS", "-c", PACK, program.__file__]
        packed = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
        assert packed.stdout.strip() == packed_program(), python


def test_a_changed_source_is_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "host_tool"
    shutil.copytree(program.FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    monkeypatch.setattr(program, "FOLDER", copy)
    assert sources.__wrapped__() == sources()
    (copy / "main.py").write_text((copy / "main.py").read_text() + "\n")
    assert sources.__wrapped__() != sources()


def test_the_program_has_all_files_but_the_deployers_own() -> None:
    files = set(json.loads(sources()))
    assert {"__main__.py", "host_tool/main.py", "host_tool/verbs/switch.py"} < files
    assert not {"host_tool/program.py", "host_tool/unpack.py"} & files


def test_docstrings_and_comments_stay_behind_and_every_statement_in_its_line() -> None:
    originals = {path: path.read_text() for path in program.FOLDER.rglob("*.py")}
    lean = json.loads(sources())
    for path, original in originals.items():
        source = lean.get(f"host_tool/{path.relative_to(program.FOLDER)}", original)
        assert without_docstrings(source) == without_docstrings(original), path
    assert not re.search(r'"""|^ *#', "\n".join(lean.values()), re.MULTILINE)


def without_docstrings(source: str) -> tuple[str, list[int]]:
    """What a module does, and the lines of its statements."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = ""
    return ast.dump(tree), [node.lineno for node in ast.walk(tree) if isinstance(node, ast.stmt)]


def test_it_is_installed_and_prepares_a_host_with_the_oldest_python(tmp_path: Path) -> None:
    host = Host(tmp_path, oldest_python(), DOCKER)
    done = host.bootstrap(packed_program())
    assert (done.returncode, done.stdout) == (0, '{"docker": "28.0.0"}\n'), done.stderr
    assert [path.name for path in host.tool.parent.iterdir()] == [host.tool.name]
    assert host.tool.stat().st_mode & 0o777 == 0o700
    inspected = host.run([host.tool, "inspect", "shop"], LOOK)
    assert facts(inspected).docker_problem == ""


def facts(done: "subprocess.CompletedProcess[str]", err: str = "") -> HostFacts:
    """What a look that went well has printed; `err` is how standard error begins."""
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(err) if err else not done.stderr
    return from_json(HostFacts, done.stdout)


def test_every_module_can_be_imported_by_the_oldest_python_without_further_packages(tmp_path: Path) -> None:
    host = Host(tmp_path, oldest_python(), DOCKER)
    host.bootstrap(packed_program())
    modules = [path.removesuffix(".py").replace("/", ".") for path in json.loads(sources()) if path != "__main__.py"]
    lines = ["import sys", f"sys.path.insert(0, {str(host.tool)!r})", *(f"import {module}" for module in modules)]
    done = host.run([host.bin / "python3", "-IS", "-c", "\n".join(lines)], "")
    assert (done.returncode, done.stderr) == (0, "")


def test_nothing_but_the_standard_library_is_imported() -> None:
    files = json.loads(sources())
    imported = {name for source in files.values() for name in absolute_imports(source)}
    assert imported <= sys.stdlib_module_names | {"host_tool"}


def absolute_imports(source: str) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.append(str(node.module).partition(".")[0])
    return names


def test_another_python_than_the_one_that_installed_it_runs_it(tmp_path: Path) -> None:
    """As after an upgrade of the system: the compiled files in it are of no use then, its sources are."""
    host = Host(tmp_path, oldest_python(), DOCKER)
    host.bootstrap(packed_program())
    newest = pythons()[max(pythons())]
    assert facts(host.run([newest, "-IS", host.tool, "inspect", "shop"], LOOK)).docker_problem == ""


@pytest.mark.parametrize("python", [oldest_python(), pythons()[max(pythons())]], ids=["oldest", "newest"])
def test_a_host_is_looked_at_from_memory_and_nothing_is_left_there(tmp_path: Path, python: Path) -> None:
    host = Host(tmp_path, python, DOCKER)
    found = facts(host.look())
    assert (found.docker_problem, found.tool, found.prepared) == ("", False, False)
    assert list(host.home.iterdir()) == []


def test_a_host_is_looked_at_with_the_installed_program_which_changes_nothing(tmp_path: Path) -> None:
    host = Host(tmp_path, oldest_python(), DOCKER)
    host.bootstrap(packed_program())
    before = host.files()
    found = facts(host.run(inspect_words("shop"), f"{LOOK}\nthe program is not read\n"))
    assert (found.docker_problem, found.tool, found.prepared) == ("", True, True)
    assert host.files() == before


def test_a_look_from_memory_finds_the_same_as_the_installed_program(tmp_path: Path) -> None:
    host = Host(tmp_path, oldest_python(), DOCKER)
    host.bootstrap(packed_program())
    installed = facts(host.look())
    host.tool.unlink()
    assert replace(facts(host.look()), free_mb=0) == replace(installed, free_mb=0, tool=False)


def test_a_program_whose_python_is_gone_is_not_installed_any_more_and_is_installed_again(tmp_path: Path) -> None:
    host = Host(tmp_path, oldest_python(), DOCKER)
    host.bootstrap(packed_program())
    (host.bin / "python3").rename(host.bin / "python3.10")
    found = facts(host.look(), err=f"timeout: failed to run command '.kamal/apps/shop/bin/{host.tool.name}': ")
    assert (found.docker_problem, found.tool, found.prepared) == ("", False, True)
    assert host.bootstrap(packed_program()).returncode == 0
    assert facts(host.look()).tool


def test_a_look_at_a_host_without_python_3_9_says_how_to_install_it(tmp_path: Path) -> None:
    done = Host(tmp_path, None, DOCKER).look()
    assert (done.returncode, done.stdout) == (1, "")
    assert "Python 3.9 or newer is needed" in done.stderr


def test_a_look_at_a_host_whose_docker_hangs_ends_in_time_with_what_it_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "INSPECT_LIMIT", 2)
    done = Host(tmp_path, oldest_python(), HANGING_DOCKER).look()
    assert (done.returncode, done.stdout) == (124, "")
    assert done.stderr == (
        "host_tool: inspect: ended by its time limit while waiting for the Docker daemon to answer.\n"
    )


def test_it_is_installed_once(tmp_path: Path) -> None:
    host = Host(tmp_path, oldest_python(), DOCKER)
    host.bootstrap(packed_program())
    before = host.tool.stat()
    assert host.bootstrap(packed_program()).returncode == 0
    assert os.path.samestat(host.tool.stat(), before)


def test_what_prepare_says_and_its_exit_status_arrive(tmp_path: Path) -> None:
    done = Host(tmp_path, oldest_python(), NO_DOCKER).bootstrap(packed_program())
    assert (done.returncode, done.stdout) == (1, "")
    assert "Docker says: Cannot connect to the Docker daemon\nhost_tool: prepare: the Docker daemon on " in done.stderr


def test_a_host_without_python_3_9_is_told_how_to_install_it(tmp_path: Path) -> None:
    host = Host(tmp_path, None, DOCKER)
    done = host.bootstrap(packed_program())
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Python 3.9 or newer is needed on {os.uname().nodename}, and there is none. Install it" in done.stderr
    assert "apt install python3" in done.stderr
    assert "dnf install python3" in done.stderr
    assert list(host.home.iterdir()) == []


def test_a_newer_python_under_its_own_name_is_found_where_python3_is_too_old(tmp_path: Path) -> None:
    host = Host(tmp_path, None, DOCKER)
    (host.bin / "python3.9").unlink()
    (host.bin / "python3.9").symlink_to(oldest_python())
    assert host.bootstrap(packed_program()).returncode == 0


@pytest.mark.parametrize(
    "tool",
    [
        pytest.param("", id="nothing"),
        pytest.param(packed_program()[:-8], id="cut off"),
        pytest.param("A" * 100, id="something else"),
    ],
)
def test_a_program_that_arrived_damaged_is_refused_and_leaves_nothing(tmp_path: Path, tool: str) -> None:
    host = Host(tmp_path, oldest_python(), DOCKER)
    done = host.bootstrap(tool)
    assert (done.returncode, done.stdout) == (1, "")
    assert "the program arrived damaged" in done.stderr
    assert "Deploy again." in done.stderr
    assert "Traceback" not in done.stderr
    assert list(host.home.iterdir()) == []


def test_a_program_with_another_hash_is_refused(tmp_path: Path) -> None:
    host = Host(tmp_path, oldest_python(), DOCKER)
    words = ["0" * 12 if word == program_hash() else word for word in bootstrap_words("shop")]
    done = host.run([*words, "0wner"], prepare_spec(packed_program()))
    assert done.returncode == 1
    assert f"hash {program_hash()}, expected 000000000000" in done.stderr
    assert list(host.home.iterdir()) == []


def test_a_damaged_program_takes_nothing_of_an_earlier_deploy_with_it(tmp_path: Path) -> None:
    host = Host(tmp_path, oldest_python(), DOCKER)
    (host.tool.parent).mkdir(parents=True)
    assert host.bootstrap("damaged").returncode == 1
    assert list(host.tool.parent.iterdir()) == []


@pytest.mark.parametrize("words", [bootstrap_words("shop"), inspect_words("shop")], ids=["prepare", "inspect"])
def test_the_command_of_the_first_contact_has_no_comments(words: list[str]) -> None:
    assert not [line for word in words for line in word.splitlines() if line.lstrip().startswith("#")]
