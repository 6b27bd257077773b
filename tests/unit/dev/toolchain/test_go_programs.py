"""Programs that are built from Go modules."""

import errno
import os
import subprocess
from pathlib import Path

import pytest

from dev.toolchain import go_programs, paths
from dev.toolchain.errors import ToolchainError
from dev.toolchain.go_programs import GoProgram, go_version, link
from tests.unit.dev.toolchain.conftest import Script

HELLO = GoProgram("hello", "hello", ".", "hello", "no time")


@pytest.fixture
def go(script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `go` whose programs are copies of their main.go."""
    program = script(
        tmp_path / "go" / "go",
        '[ "$1" = version ] && { echo go version go1.26.8 linux/amd64; exit; }',
        'while [ "$1" != -o ]; do shift; done',
        "grep -q nonsense main.go && { echo 'undefined: nonsense' >&2; exit 1; }",
        'cp main.go "$2"',
    )
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return program


@pytest.fixture
def main(go: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The source of the program `hello`."""
    monkeypatch.setattr(go_programs, "HERE", tmp_path)
    source = tmp_path / "hello" / "main.go"
    source.parent.mkdir()
    source.write_text("one")
    return source


def test_a_program_is_built_once(main: Path) -> None:
    path = HELLO.build(1, 1)
    path.write_text("not built again")
    assert HELLO.build(1, 1).read_text() == "not built again"


def test_a_program_is_built_again_when_its_source_changes(main: Path) -> None:
    first = HELLO.build(1, 1)
    main.write_text("two")
    assert HELLO.build(1, 1).read_text() == "two"
    assert not first.exists()


def test_a_failed_build_shows_why_and_leaves_no_program(main: Path) -> None:
    main.write_text("nonsense")
    with pytest.raises(ToolchainError, match="undefined: nonsense"):
        HELLO.build(1, 1)
    assert not HELLO.path().exists()


@pytest.mark.parametrize("change", ["another file", "another text", "another name", "another Go"])
def test_a_programs_key_changes_with_everything_it_is_built_from(change: str, main: Path, go: Path) -> None:
    before = HELLO.key()
    assert HELLO.key() == before
    if change == "another file":
        main.with_name("more.go").touch()
    elif change == "another text":
        main.write_text("two")
    elif change == "another name":
        main.rename(main.with_name("program.go"))
    else:
        go.write_text(go.read_text().replace("1.26.8", "1.26.9"))
    assert HELLO.key() != before


def test_tests_and_documents_do_not_change_a_programs_key(main: Path) -> None:
    before = HELLO.key()
    main.with_name("main_test.go").touch()
    main.with_name("README.md").touch()
    assert HELLO.key() == before


@pytest.mark.parametrize("shared", [True, False])
def test_older_builds_are_removed_unless_other_clones_share_the_folder(
    shared: bool, main: Path, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "SHARED", str(built) if shared else "")
    older = built / "hello-000000000000"
    older.touch()
    HELLO.build(1, 1)
    assert older.exists() == shared


def test_only_older_builds_of_the_same_program_are_removed(main: Path, built: Path) -> None:
    others = [built / "hello-world-000000000000", built / "hello.log"]
    for file in others:
        file.touch()
    (built / "hello-official.unfinished").mkdir()
    HELLO.build(1, 1)
    assert all(file.exists() for file in others)
    assert (built / "hello-official.unfinished").exists()


def test_without_go_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert not HELLO.is_built()
    with pytest.raises(ToolchainError, match=r"Go 1\.26 or newer is needed and was not found"):
        go_version()


def test_a_go_that_is_too_old_to_download_a_newer_one_is_refused(go: Path) -> None:
    go.write_text(go.read_text().replace("1.26.8", "1.19.8"))
    with pytest.raises(ToolchainError, match=r"Go 1\.26 or newer is needed, and this is go1\.19"):
        go_version()


def test_a_program_is_linked_again_without_a_second_name(script: Script, tmp_path: Path) -> None:
    program = script(tmp_path / "program")
    for _ in range(2):
        link(program, "name")
    assert [file.name for file in paths.BIN.iterdir()] == ["name"]


def test_a_program_on_another_disk_is_copied(script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", refuse)
    link(script(tmp_path / "program", "echo built"), "name")
    done = subprocess.run([paths.BIN / "name"], capture_output=True, text=True, check=True)
    assert done.stdout == "built\n"
