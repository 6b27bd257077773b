"""Problems of `ssh`."""

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.loading import IN_CLEAR, as_list, problems

PROBLEMS = [
    (
        {"ssh": {"user": "a b", "users": {"h": ""}}},
        ['ssh.user: must be a user name, not "a b"', 'ssh.users.h: must be a user name, not ""'],
    ),
    ({"ssh": {"proxy": "a b"}}, 'ssh.proxy: must look like [user@]host[:port], not "a b"'),
    ({"ssh": {"proxy": "jump:99999"}}, 'ssh.proxy: must look like [user@]host[:port], not "jump:99999"'),
    (
        {"ssh": {"host_keys": {"a": "AAAA"}}},
        'ssh.host_keys.a: must be a public key as `ssh-keyscan` prints it (ssh-ed25519 AAAA…), not "AAAA"',
    ),
    (
        {"ssh": {"host_keys": {"h": "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIHF1aXRlIG9idmlvdXNseSBub3QgYSByZWFsIGtleSEh"}}},
        (
            "ssh.host_keys.h: must be a public key as `ssh-keyscan` prints it (ssh-ed25519 AAAA…), "
            'not "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIHF1aXRlIG9idmlvdXNseSBub3…'
        ),
    ),
    ({"ssh": {"key_data": "-----BEGIN"}}, f"ssh.key_data: {IN_CLEAR}"),
    (
        {"ssh": {"key_data": ["KEY"]}},
        "ssh.key_data[0]: the secret KEY is not set; run pulumi config set --secret --path 'deploy:secrets.KEY'",
    ),
    (
        {"ssh": {"config": "~/.ssh/config", "keys_only": True, "forward_agent": "true"}},
        [
            (
                "ssh.config: must be false: Pulumi's command plugin does not read OpenSSH's configuration files. "
                "Set what they say in ssh.user, ssh.users, ssh.port, ssh.ports and ssh.proxy"
            ),
            (
                "ssh.forward_agent: must be false: Pulumi's command plugin does not forward the SSH agent. "
                "Run a hook that needs it on the deployer (hooks.run_on), or give it a key as a secret (hooks.secrets)"
            ),
            "ssh.keys_only: is true, but there is no key beside those of the SSH agent; set ssh.key_data",
        ],
    ),
    ({"ssh": {"connect_timeout": 0}}, "ssh.connect_timeout: must be at least 1, not 0"),
]


@pytest.mark.parametrize(("settings", "expected"), PROBLEMS)
def test_a_problem_is_reported_by_path_and_message(
    tmp_path: Path, settings: dict[str, Any], expected: str | list[str]
) -> None:
    assert problems(tmp_path, **settings) == as_list(expected)


def test_an_rsa_host_key_is_refused_with_what_to_pin(tmp_path: Path) -> None:
    key = "ssh-rsa " + base64.b64encode(b"\0\0\0\x07ssh-rsa..").decode()
    (problem,) = problems(tmp_path, ssh={"host_keys": {"h": key}})
    assert problem.startswith("ssh.host_keys.h: is an RSA key")
    assert "pin the host's ssh-ed25519 or ecdsa key" in problem
