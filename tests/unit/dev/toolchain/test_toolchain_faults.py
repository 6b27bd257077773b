"""What can go wrong while the engine is found, downloaded or built: told in a line, and nothing half done is left."""

import fcntl
import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

import dev.toolchain.__main__ as main
from dev.toolchain import environment, official, pieces, plugins
from dev.toolchain.layout import PROJECT, EngineError
from dev.toolchain.lock import alone


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for what is built or downloaded."""
    folder = tmp_path / "built"
    folder.mkdir()
    for module in (official, pieces, plugins):
        monkeypatch.setattr(module, "BUILT", folder)
    return folder


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the archive of the official CLI lies on a server of ours."""
    served = tmp_path / "served"
    served.mkdir()
    http = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(served)))
    Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    monkeypatch.setattr(official, "BASE", f"http://127.0.0.1:{http.server_address[1]}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield served / official.download_url().rpartition("/")[2]
    http.shutdown()
    http.server_close()


def write_archive(archive: Path, *names: str, size: int = 3) -> None:
    """A tar.gz of incompressible files."""
    with tarfile.open(archive, "w:gz") as tar:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = size
            tar.addfile(entry, io.BytesIO(os.urandom(size)))


def executable(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


def test_the_archive_is_unpacked_by_a_python_without_extraction_filters(
    archive: Path, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian 12's Python is 3.11.2, where `extractall` has no `filter`."""

    def extractall(*_: object, **__: object) -> None:
        raise TypeError("unexpected keyword argument 'filter'")

    monkeypatch.setattr(tarfile.TarFile, "extractall", extractall)
    write_archive(archive, "pulumi/pulumi", "pulumi/pulumi-language-python")
    folder = official.downloaded_cli()
    assert folder is not None
    assert sorted(file.name for file in folder.iterdir()) == ["pulumi", "pulumi-language-python"]
    assert all(os.access(file, os.X_OK) for file in folder.iterdir())


def test_an_archive_writes_nothing_outside_its_folder(archive: Path, built: Path) -> None:
    write_archive(archive, "pulumi/pulumi", "../../escaped")
    folder = official.downloaded_cli()
    assert folder is not None
    assert list(built.parent.rglob("escaped")) == [folder / "escaped"]


@pytest.mark.parametrize("fault", ["cut off", "without pulumi"])
def test_an_archive_that_is_no_use_is_said_and_leaves_nothing_behind(
    fault: str, archive: Path, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_archive(archive, "pulumi/readme" if fault == "without pulumi" else "pulumi/pulumi", size=1_000_000)
    if fault == "cut off":
        archive.write_bytes(archive.read_bytes()[:500_000])
    assert official.downloaded_cli() is None
    assert "cannot be downloaded here" in capsys.readouterr().out
    assert list(built.iterdir()) == []


def test_a_build_after_a_broken_download_forgets_older_programs_only(built: Path) -> None:
    (built / "pulumi-official.unfinished" / "pulumi").mkdir(parents=True)
    old, new = built / "pulumi-000000000000", built / "pulumi-111111111111"
    old.touch()
    new.touch()
    pieces.CLI._forget_older(new)
    assert sorted(file.name for file in built.iterdir()) == ["pulumi-111111111111", "pulumi-official.unfinished"]


def test_the_official_cli_is_downloaded_also_where_there_is_no_go(
    archive: Path, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_archive(archive, "pulumi/pulumi")
    monkeypatch.setenv("PATH", "/nowhere")
    pulumi, is_official = main._official_cli()
    assert is_official
    assert pulumi.parent.parent == built


def test_a_go_too_old_to_get_a_newer_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executable(tmp_path / "go", "#!/bin/sh\necho go version go1.19.8 linux/amd64\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(EngineError, match=r"Go 1\.26 is needed, and this is go1\.19"):
        pieces.go_version()


def test_a_pulumi_that_does_not_run_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    executable(tmp_path / "pulumi", "\x7fELF of another machine")
    executable(tmp_path / "pulumi-language-python", "")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert official.installed_cli() is None
    assert "passed over" in capsys.readouterr().out


def test_a_stand_in_plugin_stays_known_as_such_when_the_official_one_is_refused(
    tmp_path: Path, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "PULUMI_HOME", tmp_path)
    monkeypatch.setattr(plugins, "reachable", lambda: True)
    plugins.folder("docker", "5.2.0").mkdir(parents=True)
    plugins._marker("docker", "5.2.0").write_text("key")
    refused = executable(tmp_path / "pulumi", "#!/bin/sh\necho refused >&2\nexit 1\n")
    marker = plugins._marker("docker", "5.2.0")
    os.utime(marker, (0, 0))
    assert not plugins.install_official(refused, "docker", "5.2.0")
    assert marker.read_text() == "key"
    refused.unlink()
    # Asked a moment ago, the site is not asked again: there is no pulumi left to ask with.
    assert not plugins.install_official(refused, "docker", "5.2.0")


def test_the_official_plugin_takes_the_place_of_a_stand_in_once_it_can_be_had(
    tmp_path: Path, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "PULUMI_HOME", tmp_path)
    monkeypatch.setattr(plugins, "reachable", lambda: True)
    plugins.folder("docker", "5.2.0").mkdir(parents=True)
    marker = plugins._marker("docker", "5.2.0")
    marker.write_text("key")
    os.utime(marker, (0, 0))
    assert plugins.install_official(executable(tmp_path / "pulumi", "#!/bin/sh\n"), "docker", "5.2.0")
    assert not marker.exists()


def test_a_plugin_that_takes_too_long_to_install_is_told(
    tmp_path: Path, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "PULUMI_HOME", tmp_path)
    monkeypatch.setattr(plugins, "INSTALL_LIMIT", 0.2)
    slow = executable(tmp_path / "pulumi", "#!/bin/sh\nexec sleep 30\n")
    assert plugins._install(slow, "docker", "5.2.0") == "it took more than 0.2 s"


def test_a_second_run_says_that_it_waits_and_gives_up_in_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = tmp_path / "lock"
    with lock.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(EngineError, match="another run has held"), alone(lock, limit=0.5):
            pass
    assert "another run is at work here" in capsys.readouterr().out
    with alone(lock, limit=0):
        pass


def test_a_program_that_is_linked_twice_leaves_no_second_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "BIN", tmp_path / "bin")
    program = executable(tmp_path / "program", "")
    for _ in range(2):
        pieces.link(program, "name")
    assert [file.name for file in (tmp_path / "bin").iterdir()] == ["name"]


def test_the_environment_holds_in_a_folder_of_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a b$HOME\"q'`id`}"
    folder.mkdir()
    monkeypatch.setattr(environment, "LOCAL", folder)
    monkeypatch.setattr(environment, "ENVIRONMENT", folder / "env")
    environment.write(folder / "cli", stand_ins=False)
    script = 'set -eu; . "$1"; sh -c \'printf "%s\\n%s" "$PULUMI_BACKEND_URL" "$PULUMI_CONFIG_PASSPHRASE_FILE"\''
    done = subprocess.run(
        ["sh", "-c", script, "sh", str(folder / "env")],
        env={"PATH": "/usr/bin:/bin", "HOME": "/root"},
        capture_output=True,
        text=True,
    )
    assert done.stdout.split("\n") == [f"file://{folder / 'state'}", str(folder / "passphrase")], done.stderr


def test_a_python_too_old_is_told_in_a_line() -> None:
    script = "import sys; sys.version_info = (3, 9); import dev.toolchain"
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("engine: Python 3.11 or newer is needed")
    assert "Traceback" not in done.stderr
