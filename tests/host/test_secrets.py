"""secrets: values for a role's containers, of which nothing but a name is ever shown."""

import hashlib

from components.host_tool.spec import spec_text
from tests.host.docker_host import App, Host


def test_the_same_values_have_the_same_name_and_others_another(app: App) -> None:
    first = app.secrets({"TOKEN": "hunter2"})
    assert app.secrets({"TOKEN": "hunter2"}) == first
    assert app.secrets({"TOKEN": "hunter3"}) != first


def test_the_name_tells_nothing_without_the_hosts_key(app: App, other_app: App) -> None:
    values = {"TOKEN": "hunter2"}
    name = app.secrets(values)
    assert name not in hashlib.sha256(spec_text(values).encode()).hexdigest()
    assert other_app.secrets(values) != name


def test_nobody_else_can_read_the_values(app: App, host: Host) -> None:
    name = app.secrets({"TOKEN": "hunter2"})
    path = f"{app.home}/roles/web/secrets/{name}"
    assert host.run("stat", "-c", "%a", path).out.strip() == "600"
    assert host.run("cat", path).out == 'TOKEN: "hunter2"\n'
