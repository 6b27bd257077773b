"""What OpenSSH says is told in plain words. tests/contract/test_look.py has it say each of these."""

from dataclasses import replace

import pytest

from components.inspection.unreachable import sentence
from components.secret import Secret
from components.ssh_connection import SshConnection, SshEndpoint

KEY = "ssh-ed25519 AAAA"
WEB = SshConnection(SshEndpoint("web1", "deploy", 22, KEY, (KEY,)), jump=None, private_key=None, dial_timeout=15)
BEHIND = replace(WEB, jump=SshEndpoint("bastion", "me", 2222, KEY, (KEY,)))

CHANGED = """\
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!
Host key for host0 has changed and you have requested strict checking.
Host key verification failed.
"""
UNKNOWN = """\
No ED25519 host key is known for host0 and you have requested strict checking.
Host key verification failed.
"""
# What the ssh to a host says when the one to the jump host has ended.
OUTER = """\
kex_exchange_identification: Connection closed by remote host
Connection closed by UNKNOWN port 65535
"""
SILENT = "Connection timed out during banner exchange\nConnection to UNKNOWN port 65535 timed out\n"


@pytest.fixture(autouse=True)
def agent(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is an SSH agent, as far as its socket's file tells."""
    monkeypatch.setenv("SSH_AUTH_SOCK", __file__)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "ssh: Could not resolve hostname web1: Name or service not known\n",
            "the name in web1:22 cannot be resolved.",
        ),
        ("ssh: connect to host web1 port 22: Connection refused\n", "web1:22 refuses connections."),
        ("ssh: connect to host web1 port 22: Connection timed out\n", "web1:22 does not answer."),
        (
            "Connection timed out during banner exchange\nConnection to 192.0.2.1 port 22 timed out\n",
            "web1:22 does not answer.",
        ),
        ("ssh: connect to host web1 port 22: No route to host\n", "there is no way to web1:22 from here."),
        ("ssh: connect to host web1 port 22: Network is unreachable\n", "there is no way to web1:22 from here."),
        (CHANGED, "web1:22 shows another host key than the known one (ssh-ed25519)."),
        (UNKNOWN, "web1:22 shows another host key than the known one (ssh-ed25519)."),
        (
            "deploy@web1: Permission denied (publickey).\n",
            "web1:22 does not let deploy in. Add the key to the SSH agent",
        ),
        (
            "Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures\nDisconnected from 192.0.2.1\n",
            "web1:22 has refused too many keys.",
        ),
        (
            "kex_exchange_identification: Connection closed by remote host\nConnection closed by 192.0.2.1 port 22\n",
            "web1:22 closed the connection.",
        ),
        (
            "kex_exchange_identification: read: Connection reset by peer\nConnection reset by 192.0.2.1 port 22\n",
            "web1:22 closed the connection.",
        ),
        ("something new\nthat nobody has foreseen\n", "something new that nobody has foreseen"),
    ],
)
def test_what_openssh_says_is_told_in_plain_words(said: str, expected: str) -> None:
    assert sentence(WEB, 255, said).startswith(expected)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("ssh: Could not resolve hostname bastion: Name or service not known\n" + OUTER, "the name in {jump} cannot"),
        ("ssh: connect to host bastion port 2222: Connection refused\n" + OUTER, "{jump} refuses connections."),
        ("ssh: connect to host bastion port 2222: Connection timed out\n" + OUTER, "{jump} does not answer."),
        (CHANGED + OUTER, "{jump} shows another host key"),
        ("me@bastion: Permission denied (publickey).\n" + OUTER, "{jump} does not let me in."),
        (
            "kex_exchange_identification: Connection closed by remote host\n"
            "Connection closed by 192.0.2.9 port 2222\n" + OUTER,
            "{jump} closed the connection.",
        ),
        (
            "channel 0: open failed: connect failed: Connection refused\nstdio forwarding failed\n" + OUTER,
            "the jump host cannot reach web1:22.",
        ),
        (
            "channel 0: open failed: administratively prohibited: open failed\nstdio forwarding failed\n" + OUTER,
            "the jump host cannot reach web1:22.",
        ),
        (SILENT, "web1:22 does not answer."),
        (CHANGED, "web1:22 shows another host key"),
        ("deploy@web1: Permission denied (publickey).\n", "web1:22 does not let deploy in."),
        (OUTER, "web1:22 closed the connection."),
    ],
)
def test_through_a_jump_host_it_is_told_which_of_the_two_it_is(said: str, expected: str) -> None:
    assert sentence(BEHIND, 255, said).startswith(expected.format(jump="bastion:2222 (the jump host)"))


def test_another_host_key_comes_with_how_to_see_and_pin_it() -> None:
    said = sentence(WEB, 255, CHANGED)
    assert "`ssh-keyscan -t ed25519 -p 22 web1` shows it." in said
    assert "pulumi config set --path 'deploy:ssh.host_keys[\"web1\"]'" in said


@pytest.mark.parametrize("value", ["", "/no/such/socket"])
def test_a_refused_login_without_an_agent_says_so(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", value)
    assert "No SSH agent runs here" in sentence(WEB, 255, "deploy@web1: Permission denied (publickey).")


def test_a_refused_private_key_of_the_settings_says_nothing_of_an_agent() -> None:
    with_key = replace(WEB, private_key=Secret("hush"))
    said = sentence(with_key, 255, "deploy@web1: Permission denied (publickey).")
    assert "Add the public key of ssh.key_data to the authorized_keys of deploy there" in said
    assert "agent" not in said


def test_a_user_without_a_shell_may_not_log_in() -> None:
    assert sentence(WEB, 1, "This account is currently not available.\n").startswith(
        "deploy may not log in on web1:22."
    )


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (1, "host_tool: install: Python 3.9 or newer is needed.\n", "Python 3.9 or newer is needed."),
        (
            1,
            "noise\nDocker says: oops\nhost_tool: inspect: `docker ps` failed.\n",
            "Docker says: oops `docker ps` failed.",
        ),
        (
            124,
            "host_tool: inspect: ended by its time limit while waiting for the Docker daemon to answer.\n",
            "ended by its time limit while waiting for the Docker daemon to answer. Check what keeps that host busy",
        ),
        (1, "[Errno 13] Permission denied: '.kamal'\n", "[Errno 13] Permission denied: '.kamal'"),
        (3, "", "its shell ended with exit status 3. Check the login of deploy there"),
        (None, "", "it did not answer in time. Check the way to web1:22, and what keeps that host busy"),
    ],
)
def test_what_the_host_says_itself_is_told_as_it_is(status: int | None, said: str, expected: str) -> None:
    assert sentence(WEB, status, said) == expected
