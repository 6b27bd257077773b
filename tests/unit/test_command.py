"""Words stay words, whatever is in them; hosts are who they are said to be."""

import subprocess
from pathlib import Path

import pulumi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.command import Words
from components.connection import known_host_keys, targets
from components.errors import SettingsError
from tests.unit.graph import KEY, PROJECT
from tests.unit.settings.test_faults import load


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1, max_size=4))
def test_every_word_survives_a_shell(words: list[str]) -> None:
    said: list[str] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def run() -> pulumi.Output[None]:
        return Words.of("printf", "%s\\0", *words).text().apply(said.append)

    run()
    done = subprocess.run(["sh", "-c", said[0]], capture_output=True, check=True, timeout=10)
    assert done.stdout.decode() == "".join(f"{word}\0" for word in words)


def test_a_pinned_key_wins_and_the_jump_host_has_its_own(tmp_path: Path) -> None:
    ssh = {"host_keys": {"a": KEY, "jump": KEY}, "proxy": "me@jump:2222", "users": {"a": "deploy"}}
    (target,) = targets(load(tmp_path, servers=["a"], ssh=ssh))
    assert (target.endpoint.user, target.endpoint.port, target.endpoint.host_key) == ("deploy", 22, KEY)
    assert target.jump
    assert (target.jump.user, target.jump.port, target.jump.host_key) == ("me", 2222, KEY)
    assert target.private_key is None


def test_every_host_without_a_known_key_is_in_one_message(tmp_path: Path, home: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        targets(load(tmp_path, servers=["a", "b", "c"], ssh={"host_keys": {"b": KEY}}))
    assert [line.split(" is not")[0] for line in str(caught.value).splitlines()] == [
        "ssh.host_keys: the key of host a",
        "ssh.host_keys: the key of host c",
    ]


def test_any_key_is_taken_only_where_the_settings_say_so(tmp_path: Path, home: Path) -> None:
    (target,) = targets(load(tmp_path, servers=["a"], ssh={"accept_unknown_host_keys": True}))
    assert target.endpoint.host_key is None


def test_known_hosts_is_read_also_where_its_names_are_hashed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def keygen(*words: str) -> str:
        assert words[0] == "ssh-keygen"
        known = str(home / ".ssh" / "known_hosts")
        return subprocess.run([*words, "-f", known], capture_output=True, text=True, timeout=10).stdout

    (home / ".ssh" / "known_hosts").write_text(f"a {KEY}\n[b]:2222 {KEY}\n")
    keygen("ssh-keygen", "-H")
    monkeypatch.setattr("components.connection.keygen", keygen)
    assert known_host_keys("a", 22) == [KEY]
    assert known_host_keys("b", 2222) == [KEY]
    assert known_host_keys("b", 22) == []


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory in which no host is known."""
    home = tmp_path / "home"
    (home / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    return home


def test_no_other_file_imports_pulumi_command() -> None:
    """The seam is one: quoting, host keys and limits cannot be gone around."""
    imports = [file.name for file in (PROJECT / "components").rglob("*.py") if "pulumi_command" in file.read_text()]
    assert imports == ["command.py"]
