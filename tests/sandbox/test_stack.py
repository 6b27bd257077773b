"""The Pulumi stack that `make up` deploys to the sandbox."""

import subprocess
from pathlib import Path

import pytest
import yaml

from dev.sandbox import Sandbox, stack


def test_it_is_made_apart_from_the_users_state_and_keeps_what_the_user_changes(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "the user's")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    monkeypatch.setenv("PULUMI_STACK", "prod")
    inventory = sandbox.up(1)
    stack.configure(sandbox)
    assert not list(tmp_path.iterdir())

    file = sandbox.paths.project / "Pulumi.sandbox.yaml"
    config = yaml.safe_load(file.read_text())["config"]
    assert config["deploy:servers"] == [inventory.hosts[0].address]
    assert "secure" in config["deploy:secrets"]["REGISTRY_PASSWORD"]

    words = ["pulumi", "config", "set", "--stack", "sandbox", "service", "renamed"]
    subprocess.run(words, env=sandbox.environment(), cwd=sandbox.paths.project, check=True, timeout=30)
    changed = file.read_text()
    stack.configure(sandbox)
    assert "renamed" in changed
    assert file.read_text() == changed


def test_it_serves_https_from_one_host_where_that_is_asked_for_and_stays_so(sandbox: Sandbox) -> None:
    inventory = sandbox.up(2)
    stack.configure(sandbox)
    stack.configure(sandbox, tls=True)
    file, address = sandbox.paths.project / "Pulumi.sandbox.yaml", inventory.hosts[0].address
    name = f"hello.{address.replace('.', '-')}.test"
    config = yaml.safe_load(file.read_text())["config"]
    assert config["deploy:servers"] == [address]
    assert (config["deploy:proxy"]["host"], config["deploy:proxy"]["ssl"]) == (name, True)
    assert stack.curl(sandbox, f"https://{name}", address) == (
        f"curl --cacert .local/sandbox/acme/root.pem --resolve {name}:443:{address} https://{name}/version"
    )
    before = file.read_text()
    stack.configure(sandbox)
    assert file.read_text() == before
