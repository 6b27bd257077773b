"""The download of the official CLI."""

import hashlib
import io
import os
import tarfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from dev.toolchain import download, versions
from dev.toolchain.download import checksums_url, cli_url, downloaded_cli
from dev.toolchain.errors import ToolchainError


@pytest.fixture
def archive(site: Path) -> Path:
    """The CLI's archive on the site."""
    return site / cli_url().rpartition("/")[2]


@pytest.fixture
def checksums(site: Path) -> Path:
    """The file of the release's checksums on the site."""
    return site / checksums_url().rpartition("/")[2]


def write_archive(archive: Path, *names: str, size: int = 3) -> str:
    """Write a tar.gz of random files; return its SHA-256."""
    with tarfile.open(archive, "w:gz") as tar:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = size
            tar.addfile(entry, io.BytesIO(os.urandom(size)))
    return hashlib.sha256(archive.read_bytes()).hexdigest()


def test_the_cli_is_downloaded_once(archive: Path, built: Path) -> None:
    write_archive(archive, "pulumi/pulumi", "pulumi/pulumi-language-python")
    folder = downloaded_cli()
    assert folder == built / f"pulumi-official-{versions.CLI}"
    assert sorted(file.name for file in folder.iterdir()) == ["pulumi", "pulumi-language-python"]
    assert all(os.access(file, os.X_OK) for file in folder.iterdir())
    archive.unlink()
    assert downloaded_cli() == folder


def test_a_cli_with_the_published_checksum_is_used_without_a_word_about_it(
    archive: Path, checksums: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = write_archive(archive, "pulumi/pulumi")
    checksums.write_text(f"{'0' * 64}  pulumi-of-another-machine.tar.gz\n{digest}  {archive.name}\n")
    assert downloaded_cli()
    assert "checksum" not in capsys.readouterr().out


def test_a_cli_with_another_checksum_than_the_published_one_is_an_error_and_not_kept(
    archive: Path, checksums: Path, built: Path
) -> None:
    digest = write_archive(archive, "pulumi/pulumi")
    checksums.write_text(f"{'0' * 64}  {archive.name}\n")
    with pytest.raises(ToolchainError, match=f"its SHA-256 is {digest} and .* says {'0' * 64}"):
        downloaded_cli()
    assert [file.name for file in built.iterdir()] == ["bin"]


def test_a_cli_is_used_without_published_checksums_and_that_is_said(
    archive: Path, checksums: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_archive(archive, "pulumi/pulumi")
    assert downloaded_cli()
    assert f"could not be checked: {checksums_url()} cannot be read (HTTP status 404)" in capsys.readouterr().out


def test_a_cli_is_used_if_the_checksums_do_not_mention_it_and_that_is_said(
    archive: Path, checksums: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_archive(archive, "pulumi/pulumi")
    checksums.write_text(f"{'0' * 64}  {archive.name}.sig\n<html>\n\n")
    assert downloaded_cli()
    assert f"could not be checked: {checksums_url()} has none of {archive.name}" in capsys.readouterr().out


def test_a_cli_that_is_not_there_is_said(site: Path, built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert downloaded_cli() is None
    assert "it cannot be downloaded (HTTP status 404)" in capsys.readouterr().out
    assert [file.name for file in built.iterdir()] == ["bin"]


@pytest.mark.parametrize("damage", ["no archive", "cut off", "without pulumi"])
def test_an_archive_that_is_of_no_use_is_said_and_leaves_nothing_behind(
    damage: str, archive: Path, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_archive(archive, "pulumi/readme" if damage == "without pulumi" else "pulumi/pulumi", size=1_000_000)
    if damage == "no archive":
        archive.write_text("<html>Please log in to this network.</html>")
    if damage == "cut off":
        archive.write_bytes(archive.read_bytes()[:500_000])
    assert downloaded_cli() is None
    assert "it cannot be downloaded" in capsys.readouterr().out
    assert [file.name for file in built.iterdir()] == ["bin"]


def test_a_connection_that_is_cut_is_not_taken_for_a_forged_file(
    built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class CutOff(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"part")

    server = HTTPServer(("127.0.0.1", 0), CutOff)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    monkeypatch.setattr(download, "BASE", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert downloaded_cli() is None
    server.shutdown()
    server.server_close()
    assert "the connection was cut after 4 bytes" in capsys.readouterr().out


def test_the_archive_is_unpacked_by_a_python_without_extraction_filters(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian 12's Python is 3.11.2, whose `extractall` has no `filter`."""

    def extractall(*_: object, **__: object) -> None:
        raise TypeError("unexpected keyword argument 'filter'")

    monkeypatch.setattr(tarfile.TarFile, "extractall", extractall)
    write_archive(archive, "pulumi/pulumi")
    assert downloaded_cli()


def test_an_archive_writes_nothing_outside_its_folder(archive: Path, local: Path) -> None:
    write_archive(archive, "pulumi/pulumi", "../../escaped")
    folder = downloaded_cli()
    assert folder is not None
    assert list(local.parent.rglob("escaped")) == [folder / "escaped"]


def test_a_machine_that_pulumi_publishes_nothing_for_does_not_get_another_ones_programs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert cli_url().endswith("-riscv64.tar.gz")
