"""Hosts are who they are said to be."""

import subprocess
from pathlib import Path

import pytest

from components.errors import SettingsError
from components.known_hosts import known_host_keys
from components.ssh_connection import ssh_connections
from tests.unit.graph import KEY
from tests.unit.settings.loading import load


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory in which no host is known."""
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    # OpenSSH takes the home directory from the user database: nobody's known_hosts is read.
    monkeypatch.setattr("components.known_hosts.ssh_keygen", lambda *_: "")
    return home


def test_a_pinned_key_wins_and_the_jump_host_has_its_own(tmp_path: Path) -> None:
    ssh = {"host_keys": {"a": KEY, "jump": KEY}, "proxy": "me@jump:2222", "users": {"a": "deploy"}}
    (connection,) = ssh_connections(load(tmp_path, servers=["a"], ssh=ssh))
    endpoint, jump = connection.endpoint, connection.jump
    assert (endpoint.user, endpoint.port, endpoint.host_key) == ("deploy", 22, KEY)
    assert jump
    assert (jump.user, jump.port, jump.host_key) == ("me", 2222, KEY)
    assert connection.private_key is None


def test_every_host_without_a_known_key_is_in_one_message(tmp_path: Path, home: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        ssh_connections(load(tmp_path, servers=["a", "b", "c"], ssh={"host_keys": {"b": KEY}}))
    assert [line.split(" is not")[0] for line in str(caught.value).splitlines()] == [
        "ssh.host_keys: the key of host a",
        "ssh.host_keys: the key of host c",
    ]


def test_any_key_is_accepted_only_where_the_settings_say_so(tmp_path: Path, home: Path) -> None:
    (connection,) = ssh_connections(load(tmp_path, servers=["a"], ssh={"accept_unknown_host_keys": True}))
    assert connection.endpoint.host_key is None


def test_known_hosts_is_read_also_where_its_names_are_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_text(f"a {KEY}\n[b]:2222 {KEY}\n")

    def keygen(*words: str) -> str:
        command = ["ssh-keygen", *words, "-f", str(known_hosts)]
        return subprocess.run(command, capture_output=True, text=True, timeout=10).stdout

    keygen("-H")
    monkeypatch.setattr("components.known_hosts.ssh_keygen", keygen)
    assert known_host_keys("a", 22) == (KEY,)
    assert known_host_keys("b", 2222) == (KEY,)
    assert known_host_keys("b", 22) == ()
