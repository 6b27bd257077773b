"""What of the engine's setup is shared, skipped, or kept from going wrong."""

import errno
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from dev.toolchain import environment, official, pieces, plugins, progress
from dev.toolchain.layout import PROJECT, EngineError
from dev.toolchain.pieces import Piece
from dev.toolchain.progress import run


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder served as Pulumi's download site; what an earlier test learnt of it is forgotten."""
    folder = tmp_path / "site"
    folder.mkdir()
    http = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    monkeypatch.setattr(official, "BASE", f"http://127.0.0.1:{http.server_address[1]}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    official.reachable.cache_clear()
    yield folder
    official.reachable.cache_clear()
    http.shutdown()
    http.server_close()


def program(file: Path, text: str = "#!/bin/sh\necho v3.259.0\n") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


def a_plugin_install(calls: Path, status: int) -> str:
    """A `pulumi` that notes each call and ends with `status`."""
    return f"#!/bin/sh\necho \"$@\" >>'{calls}'\necho 'no such plugin' >&2\nexit {status}\n"


@pytest.mark.parametrize("change", ["another file", "another text", "another name"])
def test_the_key_of_a_piece_changes_with_its_folder(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "HERE", tmp_path)
    monkeypatch.setattr(pieces, "go_version", lambda: "go version go1.26.8 linux/amd64")
    source = tmp_path / "piece" / "main.go"
    source.parent.mkdir()
    source.write_text("package main")
    piece = Piece("piece", "piece", ".", "a piece", "no time")
    before = piece.key()
    assert piece.key() == before
    if change == "another file":
        (source.parent / "more.go").write_text("")
    elif change == "another text":
        source.write_text("package other")
    else:
        source.rename(source.with_name("program.go"))
    assert piece.key() != before


def test_the_key_of_a_piece_changes_with_the_go_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "HERE", tmp_path)
    piece = Piece("piece", "piece", ".", "a piece", "no time")
    keys = set()
    for release in ("go1.26.8", "go1.26.9"):
        monkeypatch.setattr(pieces, "go_version", lambda release=release: release)
        keys.add(piece.key())
    assert len(keys) == 2


def test_the_engine_of_another_clone_is_not_taken_for_the_official_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = tmp_path / "clone" / ".local" / "engine" / "bin"
    program(built / "pulumi")
    program(built / "pulumi-language-python")
    monkeypatch.setenv("PATH", f"{built}:/usr/bin:/bin")
    assert official.installed_cli() is None


def test_a_machine_that_pulumi_publishes_nothing_for_is_not_given_another_ones_programs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert official.download_url().endswith("-riscv64.tar.gz")


def test_a_plugin_is_not_asked_for_where_the_downloads_are_unreachable(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(plugins, "PULUMI_HOME", tmp_path)
    monkeypatch.setattr(plugins, "BUILT", tmp_path)
    calls = tmp_path / "calls"
    pulumi = program(tmp_path / "pulumi", a_plugin_install(calls, 0))
    for name in ("docker", "command"):
        assert not plugins.install_official(pulumi, name, "1.0.0")
    assert not calls.exists()
    assert capsys.readouterr().out.count("not reachable here") == 1, "the site is asked once a run"


def test_a_plugin_that_the_site_refuses_is_said_with_the_reason(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(plugins, "PULUMI_HOME", tmp_path)
    monkeypatch.setattr(plugins, "BUILT", tmp_path)
    (site / official.download_url().rpartition("/")[2]).touch()
    calls = tmp_path / "calls"
    assert not plugins.install_official(program(tmp_path / "pulumi", a_plugin_install(calls, 1)), "docker", "5.2.0")
    assert calls.read_text() == "plugin install resource docker 5.2.0 --reinstall\n"
    assert "it cannot be had (no such plugin)" in capsys.readouterr().out


def test_an_official_plugin_that_is_there_is_used_without_asking_the_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "PULUMI_HOME", tmp_path)
    plugins.folder("docker", "5.2.0").mkdir(parents=True)
    assert plugins.install_official(tmp_path / "no pulumi", "docker", "5.2.0")


def test_built_pieces_lie_in_the_folder_that_the_variable_names(tmp_path: Path) -> None:
    script = "from dev.toolchain import layout; print(layout.BUILT); print(layout.BIN)"
    environment = {**os.environ, "KAMAL_ENGINE_CACHE": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [str(tmp_path), str(PROJECT / ".local/engine/bin")]


def test_a_folder_that_cannot_be_made_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment = {**os.environ, "KAMAL_ENGINE_CACHE": str(tmp_path / "file" / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", "dev.toolchain"], cwd=PROJECT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("engine: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("shared", [True, False])
def test_an_older_program_is_removed_unless_its_folder_is_shared(
    shared: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "HERE", tmp_path)
    monkeypatch.setattr(pieces, "BUILT", tmp_path)
    monkeypatch.setattr(pieces, "SHARED", str(tmp_path) if shared else "")
    source = tmp_path / "hello"
    source.mkdir()
    (source / "go.mod").write_text("module hello\n\ngo 1.26\n")
    (source / "main.go").write_text("package main\n\nfunc main() {}\n")
    older = tmp_path / "hello-000000000000"
    older.touch()
    Piece("hello", "hello", ".", "hello", "no time").build(1, 1)
    assert older.exists() == shared


def test_a_program_on_another_disk_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(pieces, "BIN", tmp_path / "bin")
    monkeypatch.setattr(os, "link", link)
    pieces.link(program(tmp_path / "built", "#!/bin/sh\necho built\n"), "name")
    done = subprocess.run([tmp_path / "bin" / "name"], capture_output=True, text=True, check=True)
    assert done.stdout == "built\n"


def test_plugins_on_the_path_are_passed_over_only_where_ours_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "LOCAL", tmp_path)
    monkeypatch.setattr(environment, "ENVIRONMENT", tmp_path / "env")
    environment.write(tmp_path / "cli", stand_ins=False)
    assert "PULUMI_IGNORE_AMBIENT_PLUGINS" not in (tmp_path / "env").read_text()
    environment.write(tmp_path / "cli", stand_ins=True)
    assert "export PULUMI_IGNORE_AMBIENT_PLUGINS=true\n" in (tmp_path / "env").read_text()


def test_a_passphrase_cut_short_by_an_earlier_run_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "LOCAL", tmp_path)
    monkeypatch.setattr(environment, "ENVIRONMENT", tmp_path / "env")
    (tmp_path / "passphrase.unfinished").write_text("sho")
    environment.write(tmp_path / "cli", stand_ins=True)
    assert len((tmp_path / "passphrase").read_text().strip()) > 40
    assert sorted(file.name for file in tmp_path.iterdir()) == ["env", "passphrase", "state"]


def test_a_step_that_does_not_end_when_told_to_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "INTERVAL", 0.3)
    monkeypatch.setattr(progress, "GRACE", 0.2)
    deaf = "trap '' TERM; echo $$; while :; do sleep 0.1; done"
    started = time.monotonic()
    with pytest.raises(EngineError, match="the deaf one took more than 0 s"):
        run("the deaf one", ["sh", "-c", deaf], tmp_path, tmp_path / "log", {"PATH": "/usr/bin:/bin"}, 0)
    assert time.monotonic() - started < 5
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "log").read_text()), 0)


def test_a_step_that_fails_shows_the_end_of_its_output_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as caught:
        run("the step", ["sh", "-c", "seq 100; exit 3"], tmp_path, tmp_path / "log", {"PATH": "/usr/bin:/bin"}, 9)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"the step failed; the end of its output ({tmp_path / 'log'}):"
    assert lines[1:-1] == [str(number) for number in range(81, 101)]
    assert lines[-1] == "Run the same command again to go on."
