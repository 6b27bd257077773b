"""OpenSSH connects as the command plugin does, and with nothing of the person's own."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.inspection.ssh_config import known_hosts, ssh_config
from components.secret import Secret
from components.ssh_connection import SshConnection, SshEndpoint
from tests.unit.graph import KEY
from tests.unit.settings.loading import problems

ED, ECDSA = "ssh-ed25519 AAAAed", "ecdsa-sha2-nistp256 AAAAec"
A = SshConnection(SshEndpoint("10.0.0.1", "root", 22, ED, (ED, ECDSA)), jump=None, private_key=None, dial_timeout=15)
B = replace(A, endpoint=SshEndpoint("2001:db8::1", "deploy", 2222, ED, (ED,)))
JUMP = SshEndpoint("jump.example.com", "me", 22, ECDSA, (ECDSA,))


def options(folder: Path, *connections: SshConnection, host: str = "host0") -> dict[str, str]:
    """What OpenSSH itself makes of the configuration for a host, with each option's name in lower case."""
    config = folder / "config"
    config.write_text(ssh_config(connections, folder, 5))
    done = subprocess.run(["ssh", "-G", "-F", config, host], capture_output=True, text=True, check=True)
    return dict(line.partition(" ")[::2] for line in done.stdout.splitlines())


def test_each_host_has_its_address_user_and_port(tmp_path: Path) -> None:
    for host, address, user, port in (("host0", "10.0.0.1", "root", "22"), ("host1", "2001:db8::1", "deploy", "2222")):
        found = options(tmp_path, A, B, host=host)
        assert (found["hostname"], found["user"], found["port"], found["hostkeyalias"]) == (address, user, port, host)


def test_all_known_keys_of_a_host_are_accepted_and_no_others(tmp_path: Path) -> None:
    assert known_hosts([A, B]) == f"host0 {ED}\nhost0 {ECDSA}\nhost1 {ED}\n"
    found = options(tmp_path, A)
    assert found["stricthostkeychecking"] == "true"
    assert found["userknownhostsfile"] == f"{tmp_path}/known_hosts"
    assert found["globalknownhostsfile"] == "none"
    assert found["updatehostkeys"] == "false"


def test_any_key_is_accepted_only_where_none_is_known(tmp_path: Path) -> None:
    unknown = replace(A, endpoint=replace(A.endpoint, host_key=None, known_keys=()))
    assert options(tmp_path, unknown, B)["stricthostkeychecking"] == "false"
    assert options(tmp_path, unknown, B, host="host1")["stricthostkeychecking"] == "true"
    assert known_hosts([unknown]) == ""


def test_only_the_agent_is_asked_for_keys(tmp_path: Path) -> None:
    found = options(tmp_path, A)
    assert (found["identityfile"], found["identityagent"]) == ("none", "SSH_AUTH_SOCK")


def test_with_a_private_key_only_its_own_agent_is_asked(tmp_path: Path) -> None:
    found = options(tmp_path, replace(A, private_key=Secret("hush")))
    assert (found["identityfile"], found["identityagent"]) == ("none", f"{tmp_path}/agent")
    assert "hush" not in (tmp_path / "config").read_text()


def test_nobody_is_asked_and_no_connection_is_shared(tmp_path: Path) -> None:
    found = options(tmp_path, A)
    assert found["batchmode"] == "yes"
    assert found["preferredauthentications"] == "publickey"
    assert (found["controlmaster"], found.get("controlpath", "none")) == ("false", "none")
    assert (found["forwardagent"], found["forwardx11"], found["requesttty"]) == ("no", "no", "false")


def test_a_jump_host_leads_to_every_host_and_has_its_own_user_and_key(tmp_path: Path) -> None:
    hosts = [replace(A, jump=JUMP), replace(B, jump=JUMP)]
    assert options(tmp_path, *hosts, host="host1")["proxyjump"] == "jump"
    found = options(tmp_path, *hosts, host="jump")
    assert (found["hostname"], found["user"]) == ("jump.example.com", "me")
    assert "proxyjump" not in found
    assert f"jump {ECDSA}\n" in known_hosts(hosts)


def test_openssh_gives_up_before_the_look_does_and_at_the_jump_host_first(tmp_path: Path) -> None:
    hosts = [replace(A, jump=JUMP)]
    assert int(options(tmp_path, *hosts, host="jump")["connecttimeout"]) == 3
    assert int(options(tmp_path, *hosts)["connecttimeout"]) == 4


@pytest.mark.parametrize(
    ("place", "settings"),
    [
        ("ssh.user", {"ssh": {"user": "root\n    ProxyCommand evil"}}),
        ("ssh.user", {"ssh": {"user": "root\n"}}),
        ("ssh.user", {"ssh": {"user": "root evil"}}),
        ("ssh.user", {"ssh": {"user": "-oProxyCommand=evil"}}),
        ("ssh.users", {"ssh": {"users": {"10.0.0.1": "root\n"}}}),
        ("ssh.proxy", {"ssh": {"proxy": "me\nevil@jump"}}),
        ("ssh.proxy", {"ssh": {"proxy": "me evil@jump"}}),
        ("ssh.proxy", {"ssh": {"proxy": "jump\n"}}),
        ("ssh.host_keys", {"ssh": {"host_keys": {"10.0.0.1": f"{KEY}\nhost1 {KEY}"}}}),
        ("servers", {"servers": ["10.0.0.1\n"]}),
        ("servers", {"servers": ["a\nb"]}),
        ("servers", {"servers": ["a b"]}),
        ("servers", {"servers": ['"a"']}),
        ("servers", {"servers": ["fe80::1%eth0"]}),
        ("servers", {"servers": ["-oProxyCommand=evil"]}),
    ],
)
def test_the_settings_refuse_what_could_end_a_line_or_a_word(
    tmp_path: Path, place: str, settings: dict[str, Any]
) -> None:
    [problem] = problems(tmp_path, **{"servers": ["10.0.0.1"], **settings})
    assert problem.startswith(place)
