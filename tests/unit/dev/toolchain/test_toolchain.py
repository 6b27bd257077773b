"""How the engine is found, downloaded or built."""

import io
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dev.toolchain import environment, official, pieces
from dev.toolchain.layout import CLI_VERSION, EngineError
from dev.toolchain.pieces import Piece
from dev.toolchain.progress import run


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for what is built or downloaded."""
    folder = tmp_path / "built"
    folder.mkdir()
    monkeypatch.setattr(official, "BUILT", folder)
    monkeypatch.setattr(pieces, "BUILT", folder)
    monkeypatch.setattr(pieces, "SHARED", "")
    return folder


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is served where the official CLI is looked for."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    monkeypatch.setattr(official, "BASE", f"http://127.0.0.1:{http.server_address[1]}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield folder
    http.shutdown()


def program(folder: Path, name: str, says: str) -> Path:
    """An executable that prints `says`."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\necho {says}\n")
    file.chmod(0o755)
    return file


def test_an_installed_pulumi_is_used_if_it_is_new_enough_and_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, lone, good = tmp_path / "old", tmp_path / "lone", tmp_path / "good"
    program(old, "pulumi", "v3.100.0")
    program(old, "pulumi-language-python", "")
    program(lone, "pulumi", "v3.259.0")
    monkeypatch.setenv("PATH", f"{old}:{lone}:/usr/bin:/bin")
    assert official.installed_cli() is None
    program(good, "pulumi", "v3.259.0")
    program(good, "pulumi-language-python", "")
    monkeypatch.setenv("PATH", f"{old}:{lone}:{good}:/usr/bin:/bin")
    assert official.installed_cli() == good / "pulumi"


def test_the_official_cli_is_downloaded_where_it_can_be(server: Path, built: Path) -> None:
    with tarfile.open(server / official.download_url().rpartition("/")[2], "w:gz") as tar:
        entry = tarfile.TarInfo("pulumi/pulumi")
        entry.size, entry.mode = 3, 0o755
        tar.addfile(entry, io.BytesIO(b"cli"))
    folder = official.downloaded_cli()
    assert folder == built / f"pulumi-official-{CLI_VERSION}"
    assert (folder / "pulumi").read_bytes() == b"cli"
    assert official.downloaded_cli() == folder


def test_what_cannot_be_downloaded_is_said_and_leaves_nothing_behind(
    server: Path, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert official.downloaded_cli() is None
    assert "cannot be downloaded here" in capsys.readouterr().out
    (server / official.download_url().rpartition("/")[2]).write_bytes(b"no archive")
    assert official.downloaded_cli() is None
    assert [file.name for file in built.iterdir() if file.is_file()] == []


def test_a_piece_is_built_once_and_anew_when_its_folder_changes(
    tmp_path: Path, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "HERE", tmp_path)
    (tmp_path / "hello").mkdir()
    (tmp_path / "hello" / "go.mod").write_text("module hello\n\ngo 1.26\n")
    main = tmp_path / "hello" / "main.go"
    main.write_text('package main\n\nfunc main() { println("one") }\n')
    piece = Piece("hello", "hello", ".", "hello", "no time")
    first = piece.build(1, 1)
    changed = first.stat().st_mtime_ns
    assert piece.build(1, 1) == first
    assert first.stat().st_mtime_ns == changed
    main.write_text('package main\n\nfunc main() { println("two") }\n')
    second = piece.build(1, 1)
    assert second != first
    assert not first.exists()
    main.write_text("package main\n\nfunc main() { nonsense }\n")
    with pytest.raises(EngineError, match="undefined: nonsense"):
        piece.build(1, 1)
    assert not piece.built().exists()


def test_without_go_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EngineError, match=r"Go 1\.26 is needed"):
        pieces.go_version()


def test_a_step_that_takes_too_long_is_ended_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dev.toolchain.progress.INTERVAL", 0.1)
    with pytest.raises(EngineError, match="the nap took more than 0 s"):
        run("the nap", ["sleep", "30"], tmp_path, tmp_path / "log", {"PATH": "/usr/bin:/bin"}, 0)


def test_the_environment_leaves_alone_what_the_user_has_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "LOCAL", tmp_path)
    monkeypatch.setattr(environment, "ENVIRONMENT", tmp_path / "env")
    environment.write(tmp_path / "cli", stand_ins=True)
    passphrase = (tmp_path / "passphrase").read_text()
    assert (tmp_path / "passphrase").stat().st_mode & 0o777 == 0o600

    def variables(**given: str) -> dict[str, str]:
        script = f". '{tmp_path / 'env'}'; env"
        done = subprocess.run(
            ["sh", "-c", script], env={"PATH": "/usr/bin:/bin"} | given, capture_output=True, text=True
        )
        return dict(line.split("=", 1) for line in done.stdout.splitlines())

    assert variables()["PULUMI_BACKEND_URL"] == f"file://{tmp_path / 'state'}"
    assert variables()["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(tmp_path / "passphrase")
    mine = variables(PULUMI_BACKEND_URL="s3://mine", PULUMI_CONFIG_PASSPHRASE="x")
    assert mine["PULUMI_BACKEND_URL"] == "s3://mine"
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in mine
    environment.write(tmp_path / "cli", stand_ins=True)
    assert (tmp_path / "passphrase").read_text() == passphrase
