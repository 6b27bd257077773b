"""Official plugins, and stand-ins where they cannot be downloaded."""

import os
from pathlib import Path

import pytest

from dev.toolchain import download, plugins
from dev.toolchain.plugins import folder, install_official, install_stand_in, offer_stand_ins
from tests.unit.dev.toolchain.conftest import Script


@pytest.fixture
def pulumi(script: Script, tmp_path: Path) -> Path:
    """A `pulumi` that installs every plugin, and writes down what it was asked."""
    return script(
        tmp_path / "pulumi",
        f"echo \"$@\" >>'{tmp_path / 'calls'}'",
        'mkdir -p "$PULUMI_HOME/plugins/resource-$4-v$5"',
    )


@pytest.fixture
def refusing(script: Script, tmp_path: Path) -> Path:
    """A `pulumi` that installs no plugin."""
    return script(tmp_path / "pulumi", f"echo \"$@\" >>'{tmp_path / 'calls'}'", "echo 'no such plugin' >&2", "exit 1")


@pytest.fixture
def published(site: Path) -> None:
    """Pulumi's downloads are reachable."""
    (site / download.cli_url().rpartition("/")[2]).touch()


def calls(tmp_path: Path) -> list[str]:
    """What was asked of `pulumi`."""
    file = tmp_path / "calls"
    return file.read_text().splitlines() if file.exists() else []


def a_day_later(name: str, version: str) -> None:
    os.utime(plugins._marker(name, version), (0, 0))


def test_an_official_plugin_is_downloaded_once(published: None, pulumi: Path, tmp_path: Path) -> None:
    for _ in range(2):
        assert install_official(pulumi, "docker", "5.2.0")
    assert calls(tmp_path) == ["plugin install resource docker 5.2.0 --reinstall"]
    assert folder("docker", "5.2.0").is_dir()


def test_no_plugin_is_asked_for_where_the_downloads_are_unreachable(
    site: Path, pulumi: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("docker", "command"):
        assert not install_official(pulumi, name, "1.0.0")
    assert calls(tmp_path) == []
    assert capsys.readouterr().out.count("are not reachable") == 1, "the site is asked once a run"


def test_a_plugin_that_cannot_be_downloaded_is_said_with_the_reason(
    published: None, refusing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not install_official(refusing, "docker", "5.2.0")
    assert "it cannot be downloaded (no such plugin)" in capsys.readouterr().out


def test_a_stand_in_is_installed_again_only_when_its_build_changes(pulumi: Path, tmp_path: Path) -> None:
    for build in ("pulumi-resource-docker-1", "pulumi-resource-docker-1", "pulumi-resource-docker-2"):
        install_stand_in(pulumi, "docker", "5.2.0", tmp_path / build)
    install = "plugin install resource docker 5.2.0 --reinstall --file"
    assert calls(tmp_path) == [f"{install} {tmp_path / f'pulumi-resource-docker-{build}'}" for build in (1, 2)]


def test_the_official_plugin_is_not_asked_for_again_on_the_same_day(
    published: None, pulumi: Path, tmp_path: Path
) -> None:
    install_stand_in(pulumi, "docker", "5.2.0", tmp_path / "built")
    assert not install_official(pulumi, "docker", "5.2.0")
    assert len(calls(tmp_path)) == 1


def test_the_official_plugin_replaces_a_stand_in_once_it_can_be_downloaded(
    published: None, pulumi: Path, tmp_path: Path
) -> None:
    install_stand_in(pulumi, "docker", "5.2.0", tmp_path / "built")
    a_day_later("docker", "5.2.0")
    assert install_official(pulumi, "docker", "5.2.0")
    assert not plugins._marker("docker", "5.2.0").exists()


def test_a_stand_in_stays_known_as_one_when_the_official_plugin_is_refused(
    published: None, pulumi: Path, script: Script, tmp_path: Path
) -> None:
    install_stand_in(pulumi, "docker", "5.2.0", tmp_path / "built")
    a_day_later("docker", "5.2.0")
    refusing = script(tmp_path / "refusing", "exit 1")
    assert not install_official(refusing, "docker", "5.2.0")
    assert plugins._marker("docker", "5.2.0").read_text() == "built"
    refusing.unlink()
    assert not install_official(refusing, "docker", "5.2.0"), "it was asked for a moment ago"


def test_a_plugin_that_takes_too_long_to_install_is_an_error(
    published: None, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(plugins, "INSTALL_LIMIT", 0.2)
    assert not install_official(script(tmp_path / "pulumi", "exec sleep 30"), "docker", "5.2.0")
    assert "it took more than 0.2 s" in capsys.readouterr().out


def test_stand_ins_are_found_in_the_home_of_the_users_own_stacks(pulumi: Path, local: Path, tmp_path: Path) -> None:
    install_stand_in(pulumi, "docker", "5.2.0", tmp_path / "built")
    for _ in range(2):
        offer_stand_ins()
    assert (local / "pulumi-home" / "plugins" / "resource-docker-v5.2.0").is_dir()
    # A clone that has been moved still finds them.
    moved = local.rename(local.with_name("moved"))
    assert (moved / "pulumi-home" / "plugins" / "resource-docker-v5.2.0").is_dir()
