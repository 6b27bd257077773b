"""What the program declares of accessories: before the app's release, and without a trace where there are none."""

import shlex
import subprocess
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.host_tool.json_codec import to_json
from components.host_tool.result import RunningAccessory
from tests.certificates import issue
from tests.unit.graph import DIGEST, HOSTS, NEW_HOST, Graph, add_hooks, changes, declare, texts
from tests.unit.inspection.host_values import FACTS

LONELY = "192.0.2.9"
"""A host that only has an accessory."""

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHF1aXRlIG9idmlvdXNseSBub3QgYSByZWFsIGtleSE"


def with_db(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, settings: dict[str, Any] | None = None, **db: Any
) -> Graph:
    """The graph of a web role on two hosts, and a database on a host of its own; `db` are settings of that."""
    database = {
        "image": "postgres:16",
        "host": LONELY,
        "port": 5432,
        "env": {"clear": {"A": "1"}, "secret": ["DB"]},
        "directories": ["data:/var/lib/postgresql/data"],
        **db,
    }
    return declare(
        folder,
        monkeypatch,
        ssh={"host_keys": dict.fromkeys([*HOSTS, LONELY], KEY)},
        accessories={"db": database},
        **(settings or {}),
    )


def test_without_accessories_nothing_of_them_is_declared_or_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = declare(tmp_path, monkeypatch)
    assert not [
        text for each in graph.declared for text, _ in texts(each.inputs) if "accessor" in text.partition("tool")[0]
    ]
    assert not [path for command in graph.named("-prepare") for path in command.fields if "accessor" in path]


def test_a_host_that_only_has_an_accessory_is_prepared_and_nothing_is_released_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = with_db(tmp_path, monkeypatch)
    names = {command.name.removeprefix(f"shop-{LONELY}-") for command in graph.commands() if LONELY in command.name}
    assert names == {"prepare", "db-accessory", "db-accessory-secrets", "db-accessory-teardown-shop-prod"}
    (prepare,) = graph.named(f"{LONELY}-prepare")
    assert prepare.fields["stdin.accessories.db"] == "shop-db"
    # kamal-proxy is for those that get requests.
    assert not [path for path in prepare.fields if path.startswith("stdin.proxy")]


def test_it_runs_before_the_release_task_and_every_container_of_the_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_hooks(tmp_path, "pre-deploy")
    graph = with_db(tmp_path, monkeypatch, settings={"release_task": {"cmd": "migrate"}})
    for ending in ("-pre-deploy", "-release-task", "-candidate", "-switch"):
        for command in graph.named(ending):
            assert f"shop-{LONELY}-db-accessory" in graph.before(command), command.name
    (accessory,) = graph.named("-db-accessory")
    assert {f"shop-{LONELY}-db-accessory-secrets", f"shop-{LONELY}-prepare"} <= graph.before(accessory)
    assert "RegistryImage shop" not in graph.before(accessory)


def test_only_the_step_for_secrets_is_told_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = with_db(
        tmp_path, monkeypatch, registry={"server": "r.test", "username": "u", "password": ["REGISTRY"]}, image="pg:1"
    )
    told = [text for command in graph.named("-db-accessory") for text, _ in texts(command.inputs)]
    assert not [text for text in told if "d4tabase-pass" in text or "r3g1stry-pass" in text]
    (secrets,) = graph.named("-db-accessory-secrets")
    assert all(secret for text, secret in texts(secrets.inputs) if "pass" in text)
    assert (secrets.fields["stdin.registry.server"], secrets.fields["stdin.env.DB"]) == ("r.test", "d4tabase-pass")


def test_its_certificate_is_told_to_a_step_of_its_own_and_its_name_to_the_step_of_the_accessory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = issue()
    ssl = {"certificate_pem": ["CERT"], "private_key_pem": ["KEY"]}
    settings = {"secrets": {"CERT": issued.certificate, "KEY": issued.key, "DB": "d4tabase-pass"}, "registry": {}}
    graph = with_db(tmp_path, monkeypatch, settings=settings, proxy={"host": "db.test", "ssl": ssl})
    (step,) = graph.named("-db-accessory-certificate")
    assert shlex.split(step.inputs["create"])[-3:] == ["accessory_certificate", "shop-prod", "db"]
    assert (step.fields["stdin.certificate_pem"], step.fields["stdin.private_key_pem"]) == (
        issued.certificate,
        issued.key,
    )
    (accessory,) = graph.named("-db-accessory")
    assert shlex.split(accessory.inputs["create"])[-3:] == ["db", "5ec2e7", "ce47"]
    assert accessory.fields["stdin.proxy.ssl"] is True
    clear = [text for each in graph.declared for text, secret in texts(each.inputs) if not secret]
    assert not [text for text in clear if "BEGIN" in text]
    # Another certificate is no other container, as a preview says it of the accessory as a whole.
    second = issue()
    settings["secrets"] = {"CERT": second.certificate, "KEY": second.key, "DB": "d4tabase-pass"}
    after = with_db(tmp_path, monkeypatch, settings=settings, proxy={"host": "db.test", "ssl": ssl})
    assert changes(graph, after) == {step.name: ["stdin.certificate_pem", "stdin.private_key_pem"]}


def test_without_a_certificate_its_step_is_called_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = with_db(tmp_path, monkeypatch, proxy={"host": "db.test", "ssl": True})
    assert not [command.name for command in graph.commands() if command.name.endswith("-certificate")]
    (accessory,) = graph.named("-db-accessory")
    assert shlex.split(accessory.inputs["create"])[-3:] == ["shop-prod", "db", "5ec2e7"]


def test_another_setting_is_one_field_of_its_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = (with_db(tmp_path, monkeypatch, env={"clear": {"A": value}}) for value in ("1", "2"))
    assert changes(before, after) == {f"shop-{LONELY}-db-accessory": ["stdin.container.env.A"]}


def test_its_teardown_says_in_its_name_that_data_goes_and_can_be_protected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (plain,) = with_db(tmp_path, monkeypatch).named("-teardown-shop-prod")[:1]
    plain = next(each for each in with_db(tmp_path, monkeypatch).named("-teardown-shop-prod") if "db" in each.name)
    words = ["remove_accessory", "shop-prod", "db", "0wner", "acme/deploy/prod", LONELY]
    assert shlex.split(plain.inputs["delete"])[-6:] == words
    assert not plain.protected
    deleting = next(
        each
        for each in with_db(tmp_path, monkeypatch, delete_data=True, protect=True).named("-shop-prod")
        if "db" in each.name
    )
    assert deleting.name == f"shop-{LONELY}-db-accessory-teardown-DELETES-DATA-shop-prod"
    assert shlex.split(deleting.inputs["delete"])[-7:] == [*words, "delete-data"]
    assert deleting.protected


def test_on_a_destroy_the_app_goes_before_the_accessory_on_its_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = with_db(tmp_path, monkeypatch, host=HOSTS[0])
    (role,) = graph.named(f"{HOSTS[0]}-web-teardown-shop-prod")
    accessory = f"shop-{HOSTS[0]}-db-accessory-teardown-shop-prod"
    # What a resource depends on is deleted after it.
    assert accessory in graph.before(role)
    (other,) = graph.named(f"{HOSTS[1]}-web-teardown-shop-prod")
    assert accessory not in graph.before(other)


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.invalid"]
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


def test_a_file_is_read_from_the_last_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(tmp_path, monkeypatch)
    config = tmp_path / "app" / "pg.conf"
    config.write_text("a = 1\n\n")
    with pytest.raises(pulumi.RunError, match=r"pg\.conf is not in the last commit .* Commit it, or deploy"):
        with_db(tmp_path, monkeypatch, files=["../app/pg.conf:/etc/pg.conf"])
    git(tmp_path / "app", "add", "--all")
    git(tmp_path / "app", "commit", "--quiet", "--message", "Config")
    config.write_text("a = 2\n")
    for source, content in (("commit", "a = 1\n\n"), ("worktree", "a = 2\n")):
        graph = with_db(tmp_path, monkeypatch, files=["../app/pg.conf:/etc/pg.conf:ro"], settings={"source": source})
        (accessory,) = graph.named("-db-accessory")
        assert accessory.fields["stdin.container.files[0].content"] == content
        assert accessory.fields["stdin.container.files[0].options"] == "ro"
    config.write_bytes(b"\xff\0")
    graph = with_db(tmp_path, monkeypatch, files=["../app/pg.conf:/x"], settings={"source": "worktree"})
    (accessory,) = graph.named("-db-accessory")
    assert accessory.fields["stdin.container.files[0].content"] == "/wA="
    assert accessory.fields["stdin.container.files[0].base64"] is True


def test_what_a_preview_warns_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    warnings: list[str] = []
    monkeypatch.setattr("components.accessory.pulumi.log.warn", lambda text, *_: warnings.append(text))
    with_db(tmp_path, monkeypatch, port="0.0.0.0:5432:5432", delete_data=True)
    assert any(f"port 5432 is published at every address of {LONELY}" in text for text in warnings)
    assert any("~/shop-db and its named volumes are deleted" in text for text in warnings)
    warnings.clear()
    with_db(tmp_path, monkeypatch)
    assert not [text for text in warnings if "accessories." in text]


def test_a_lost_container_is_a_reason_for_its_step_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"shop-{LONELY}-db-accessory"
    running = RunningAccessory("shop-db", "ab" * 32, "postgres:16", DIGEST, "def", "2026-01-01T00:00:01Z")
    urn = f"urn:pulumi:prod::deploy::kamal:index:Deploy$kamal:index:Accessory$command:remote:Command::{name}"
    facts = FACTS.__class__(**{**vars(NEW_HOST), "prepared": True, "network": True, "tool": True})
    graph = with_db_state(tmp_path, monkeypatch, {urn: {"stdout": to_json(running)}}, facts)
    (accessory,) = graph.named("-db-accessory")
    assert accessory.inputs["triggers"] == ["nothing is known of db on the host any more (container abababab)"]
    assert [command.name for command in graph.commands() if "triggers" in command.inputs] == [name]


def with_db_state(folder: Path, monkeypatch: pytest.MonkeyPatch, state: Any, facts: Any) -> Graph:
    return with_db(folder, monkeypatch, settings={"state": state, "looks": {LONELY: facts}})
