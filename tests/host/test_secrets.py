"""secrets: values for a role's containers, of which nothing but a name is ever shown, and the registry's login."""

import base64
import hashlib
import json
from dataclasses import replace

from components.host_tool.records.secrets_hash import secrets_hash_of
from components.host_tool.result import KeptSecrets
from components.host_tool.spec import SecretsSpec
from tests.host.docker_host import SERVICE, App, Host


def test_the_same_values_have_the_same_name_and_others_another(app: App) -> None:
    first = app.secrets({"TOKEN": "hunter2"})
    assert app.secrets({"TOKEN": "hunter2"}) == first
    assert app.secrets({"TOKEN": "hunter3"}) != first


def test_no_values_have_the_name_of_no_secrets(app: App) -> None:
    assert app.secrets({}) == "-"


def test_the_name_tells_nothing_without_the_hosts_key(app: App, other_app: App) -> None:
    values = {"TOKEN": "hunter2"}
    name = app.secrets(values)
    assert name != secrets_hash_of(values, b"")
    assert name not in hashlib.sha256(json.dumps(values).encode()).hexdigest()
    assert other_app.secrets(values) != name


def test_nobody_else_can_read_the_values(app: App, host: Host) -> None:
    name = app.secrets({"TOKEN": "hunter2"})
    path = f"{app.home}/roles/web/secrets/{name}"
    assert host.run("stat", "-c", "%a", path).out.strip() == "600"
    assert json.loads(host.run("cat", path).out) == {"TOKEN": "hunter2"}


def test_nobody_else_can_read_the_registrys_login_and_it_goes_with_the_app(app: App, host: Host) -> None:
    app.release("v1")
    path = f"{app.home}/registry/config.json"
    assert host.run("find", ".", "-name", "config.json").out.split() == [f"./{path}"]
    assert host.run("stat", "-c", "%a", path).out.strip() == "600"
    auth = json.loads(host.run("cat", path).out)["auths"][host.login.server]["auth"]
    assert base64.b64decode(auth).decode() == f"{host.login.username}:{host.login.password}"
    assert app.tear_down("web").status == 0
    assert host.run("find", ".", "-name", "config.json").out == ""


def test_a_login_that_the_settings_no_longer_have_is_forgotten(app: App, host: Host) -> None:
    app.log_in()
    app.call("secrets", "web", spec=SecretsSpec(env={})).result(KeptSecrets)
    assert json.loads(app.file("registry/config.json")) == {"auths": {}}


def test_secrets_are_in_no_process_list_log_or_output(app: App, host: Host) -> None:
    needle = "needle-in-haystack"
    values = {"TOKEN": needle, "KEY": f"-----BEGIN-----\n{needle}\n-----END-----\n"}
    login = host.login
    with host.process_list() as seen:
        kept = app.call("secrets", "web", spec=SecretsSpec(values, login))
        secrets = kept.result(KeptSecrets).secrets_hash
        good = app.candidate("v1", secrets=secrets)
        crashing = app.candidate("v1", secrets=secrets, cmd=("sh", "-c", "exit 3"))
        app.log_in(replace(login, password=needle))
        missing = host.images["v1"].partition("@")[0] + "@sha256:" + "0" * 64
        refused = app.call("pull", SERVICE, "v1", missing)
    assert (good.status, crashing.status, refused.status) == (0, 1, 1)
    assert any("candidate" in line for line in seen)
    encoded = base64.b64encode(f"{login.username}:{login.password}".encode()).decode()
    for secret in (needle, login.password, encoded):
        assert not any(secret in line for line in seen)
        assert not any(secret in result.out + result.err for result in (kept, good, crashing, refused))
        assert secret not in app.file("audit.log")
