"""The JSON schema for editors accepts what the program accepts, and refuses common mistakes."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from pydantic import ValidationError

from components.settings import Settings
from components.settings.accessory import PLACES
from components.settings.reference import sections
from components.settings.stack_schema import settings_schema, stack_schema
from tests.unit.settings.loading import VALID, load, problems

SCHEMA = stack_schema()
VALIDATOR = Draft7Validator(SCHEMA)
PATHS = [
    f"{path}.{key}".lstrip(".")
    for path, section in sections(settings_schema())
    for key in section["properties"]
    # The schema of a stack's file has encrypted values in place of these.
    if key != "secrets" or path
]
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHF1aXRlIG9idmlvdXNseSBub3QgYSByZWFsIGtleSE"
ENCRYPTED = {"secure": "v1:AAAA"}


def is_valid(**config: Any) -> bool:
    """Return whether the schema accepts a stack with valid settings, some of them replaced."""
    return VALIDATOR.is_valid({"config": {f"deploy:{key}": value for key, value in (VALID | config).items()}})


def role(**settings: Any) -> dict[str, Any]:
    """Return `servers` with the role web on one host."""
    return {"servers": {"web": {"hosts": ["a"], **settings}}}


def test_the_schema_is_a_valid_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "config",
    [
        {"servers": ["a", "b"]},
        {"servers": {"web": ["a"], "worker": {"hosts": ["b"], "cmd": "work", "strategy": "stop-first"}}},
        role(cmd=["sleep", 5]),
        role(proxy=False),
        role(proxy={"app_port": "8080", "hosts": ["a.test"]}),
        role(options={"memory": "512m", "cpus": 1.5, "init": True, "volume": ["x:/x", "y:/y"]}),
        role(env={"A": "1"}),
        {"env": {"A": "1", "B": 2, "C": True}},
        {"env": {"clear": {"A": 1.5}, "secret": ["TOKEN", "B:TOKEN"]}},
        {"builder": {"args": {"VERSION": 3.4}, "cache": {"from": ["type=gha"]}, "no_cache": "true"}},
        {"registry": {"username": "me", "password": ["TOKEN"]}},
        {"registry": {"username": ["TOKEN"], "password": ["TOKEN"]}},
        {"ssh": {"ports": {"a": "2222"}, "key_data": ["TOKEN"]}},
        {"boot": {"limit": 1}},
        {"boot": {"limit": "2"}},
        {"boot": {"limit": "25%", "candidates": "group"}},
        {"hooks": {"run_on": {"post-deploy": "each"}, "secrets": {"post-deploy": ["TOKEN"]}}},
        {"release_task": {"cmd": "migrate", "timeout": 60}},
        {"servers": [{"a": "x"}, {"b": ["x", "y"]}, "c"], "env": {"tags": {"x": {"A": 1}, "y": {"secret": ["TOKEN"]}}}},
        {
            "accessories": {
                "db": {
                    "image": "postgres:16",
                    "role": "web",
                    "port": 5432,
                    "env": {"clear": {"A": 1}, "secret": ["TOKEN"]},
                    "directories": ["data:/data", {"local": "/mnt/x", "remote": "/x", "mode": "0700", "owner": "999"}],
                    "volumes": ["wal:/wal"],
                    "proxy": {"host": "db.test"},
                }
            }
        },
        {"source": "worktree", "version": "1234567", "deploy_timeout": "60"},
    ],
)
def test_both_accept(tmp_path: Path, config: dict[str, Any]) -> None:
    load(tmp_path, **config, secrets={"TOKEN": "x"})
    assert is_valid(**config, secrets={"TOKEN": ENCRYPTED})


@pytest.mark.parametrize(
    "config",
    [
        {"service": ["shop"]},
        {"servers": "a"},
        {"servers": {"web": {"host": ["a"]}}},
        {"servers": {"web": {"cmd": "x"}}},
        role(strategy="rolling"),
        role(proxy="yes"),
        role(options={"memory": {"max": 1}}),
        {"source": "dirty"},
        {"builder": {"dockerfil": "x"}},
        {"proxy": {"app_port": 70000}},
        {"proxy": {"app_port": "http"}},
        {"proxy": {"buffering": {"requests": "no"}}},
        {"env": {"clear": {"A": "1"}, "B": "2"}},
        {"env": {"secret": "TOKEN"}},
        {"env": {"A": {"secure": "v1:AAAA"}}},
        {"registry": {"username": "me", "password": "hunter2"}},
        {"boot": {"limit": "0%"}},
        {"boot": {"candidates": "some"}},
        {"hooks": {"run_on": {"pre-dploy": "each"}}},
        {"hooks": {"run_on": {"pre-deploy": "all"}}},
        {"release_task": {"timeout": 60}},
        {"accessories": {"db": {"host": "a"}}},
        {"accessories": {"db": {"image": "a:1", "host": "a", "files": [{"local": "x"}]}}},
        {"env": {"tags": {"x": ["A"]}}},
    ],
)
def test_both_refuse(tmp_path: Path, config: dict[str, Any]) -> None:
    assert problems(tmp_path, **config)
    assert not is_valid(**config)


def test_secrets_must_be_encrypted() -> None:
    assert is_valid(secrets={"A": ENCRYPTED})
    assert is_valid(secrets=ENCRYPTED)
    assert not is_valid(secrets={"A": "hunter2"})


def test_other_namespaces_and_pulumis_own_keys_are_accepted() -> None:
    assert VALIDATOR.is_valid(
        {
            "secretsprovider": "passphrase",
            "encryptionsalt": "v1:AAAA",
            "environment": ["shared"],
            "config": {"aws:region": "eu-central-1", "other:servers": 5},
        }
    )


# Values of which each setting accepts at least one.
VALUES: list[Any] = [
    *("a", "A", "/a", "10m", "25%", "linux/amd64", "commit", "stop-first", "group", "true", "1", ""),
    *(0, 1, 70000, 1.5, True, False, None),
    *([], [1], ["a"], ["TOKEN"], ["A:TOKEN"], [True], ["ab:/a"]),
    *("redis:7", "755"),
    *({}, {"a": "b"}, {"A": 1}, {"a": 22}, {"a": ["b", 1]}, {"clear": {"A": 1}}, {"web": ["b"]}),
    *({"pre-deploy": "each"}, {"pre-deploy": ["TOKEN"]}, {"a": HOST_KEY}),
]


def config_with(path: str, value: Any) -> dict[str, Any]:
    """Return settings that are valid if the value is valid at the path."""
    config: dict[str, Any] = {**role(), "registry": {"username": "me", "password": ["TOKEN"]}}
    if path.startswith("release_task."):
        config["release_task"] = {"cmd": "x"}
    if path.startswith("proxy.ssl."):
        config["proxy"] = {"ssl": {"certificate_pem": ["TOKEN"], "private_key_pem": ["TOKEN"]}}
    *parents, key = path.replace("ROLE", "web").replace("NAME", "db").split(".")
    if parents[:1] == ["accessories"]:
        place = {} if key in PLACES else {"host": "a"}
        config["accessories"] = {"db": {"image": "redis:7", **place}}
    section = config
    for parent in parents:
        if parent.endswith("[]"):
            section[parent[:-2]] = [{"local": "a", "remote": "/a"}]
            section = section[parent[:-2]][0]
        else:
            section = section.setdefault(parent, {})
    section[key] = value
    return config


@pytest.mark.parametrize("path", PATHS)
def test_the_schema_accepts_each_value_that_the_settings_accept(path: str) -> None:
    accepted = []
    for value in VALUES:
        config = config_with(path, value)
        try:
            Settings.model_validate(VALID | config)
        except ValidationError:
            continue
        accepted.append(value)
        assert is_valid(**config), value
    assert accepted
