"""What the program declares: one version, the right order, no secret in clear."""

import getpass
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.settings.hooks import HOOKS
from tests.certificates import issue
from tests.unit.graph import DIGEST, HOSTS, Graph, add_hooks, declare, texts

SECRETS = ("r3g1stry-pass", "d4tabase-pass", "h00k-pass")


@pytest.fixture
def graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Graph:
    """The graph of two hosts with a web role, a worker on the first, all hooks and a release task."""
    add_hooks(tmp_path, *HOOKS)
    return declare(
        tmp_path,
        monkeypatch,
        servers={"web": HOSTS, "worker": {"hosts": HOSTS[:1], "cmd": "work"}},
        hooks={"secrets": {"pre-deploy": ["HOOK"]}, "run_on": {"post-deploy": "deployer"}},
        release_task={"cmd": "migrate"},
        boot={"limit": 1, "wait": 2},
    )


def commit(folder: Path) -> str:
    """The app's commit."""
    words = ["git", "-C", str(folder / "app"), "rev-parse", "HEAD"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def test_there_is_one_version(graph: Graph, tmp_path: Path) -> None:
    found = {
        version
        for each in graph.declared
        for text, _ in texts(each.inputs)
        for version in re.findall(r"\b[0-9a-f]{40}(?:_uncommitted_\w+)?\b", text)
    }
    assert found == {commit(tmp_path)}


def test_all_that_comes_after_the_push_depends_on_the_pushed_image(graph: Graph) -> None:
    pushed = "RegistryImage shop"
    for ending in (
        "-pull",
        "-candidate",
        "-switch",
        "pre-deploy",
        "-app-boot-1",
        "post-deploy",
        "release-task",
    ):
        for command in graph.named(ending):
            assert pushed in graph.before(command), command.name
    for ending in ("-pull", "-candidate"):
        for command in graph.named(ending):
            assert DIGEST in command.inputs["create"]


def test_steps_wait_for_each_other(graph: Graph) -> None:
    def names(ending: str) -> set[str]:
        return {each.name for each in graph.named(ending)}

    image = next(each for each in graph.declared if each.kind == "docker:index/remoteImage:RemoteImage")
    assert {"shop-pre-connect", "shop-pre-build", f"shop-{HOSTS[0]}-docker-setup", *names("-prepare")} <= graph.before(
        image
    )
    for command in graph.named("-prepare"):
        assert "shop-pre-connect" in graph.before(command)
    for command in graph.named("-candidate"):
        assert {f"shop-{HOSTS[0]}-pre-deploy", "shop-release-task", *names("-pull")} <= graph.before(command)
        assert command.name.replace("candidate", "secrets") in graph.before(command)
    for command in graph.named("-switch"):
        assert names("-candidate") <= graph.before(command)
    assert names("-switch") <= graph.before(graph.named("post-deploy")[0])


@pytest.mark.parametrize("parallel", [False, True])
def test_a_worker_switches_after_the_roles_that_get_requests_unless_all_roles_may_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parallel: bool
) -> None:
    servers = {"web": HOSTS, "worker": {"hosts": HOSTS[:1], "cmd": "work"}}
    graph = declare(tmp_path, monkeypatch, servers=servers, boot={"parallel_roles": parallel})
    (worker,) = graph.named("worker-switch")
    web = {f"shop-{host}-web-switch" for host in HOSTS}
    assert web & graph.before(worker) == (set() if parallel else web)
    assert {f"shop-{host}-web-candidate" for host in HOSTS} <= graph.before(worker)


def test_a_candidate_is_told_what_the_settings_say_of_its_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = declare(
        tmp_path,
        monkeypatch,
        servers={"web": {"hosts": HOSTS, "labels": {"team": "shop"}}},
        volumes=["data:/data"],
        logging={"driver": "local"},
        asset_path="/assets:ro",
    )
    told = graph.named("web-candidate")[0].fields
    assert told["stdin.container.labels.team"] == "shop"
    assert told["stdin.container.options.volume[0]"] == "data:/data"
    assert told["stdin.container.options.log-driver[0]"] == "local"
    assert told["stdin.container.asset_path[0]"] == "/assets:ro"


def test_what_is_not_set_is_not_told_so_that_older_states_have_the_same_inputs(graph: Graph) -> None:
    for each in graph.declared:
        assert not [path for path in each.fields if "asset_path" in path or "volume" in path], each.name


@pytest.mark.parametrize(("hooks", "settings"), [(["pre-deploy"], {}), ([], {"release_task": {"cmd": "migrate"}})])
def test_the_image_is_pulled_first_where_something_comes_before_the_candidates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hooks: list[str], settings: dict[str, Any]
) -> None:
    add_hooks(tmp_path, *hooks)
    graph = declare(tmp_path, monkeypatch, **settings)
    pulls = {f"shop-{host}-pull" for host in HOSTS}
    assert {command.name for command in graph.named("-pull")} == pulls
    for pull in graph.named("-pull"):
        # The step for secrets leaves the registry's login on the host.
        assert pull.name.replace("pull", "web-secrets") in graph.before(pull)
    for command in [*graph.named(*hooks or ["release-task"]), *graph.named("-candidate")]:
        assert pulls <= graph.before(command), command.name


@pytest.mark.parametrize("env", [{"A": "1"}, {"secret": ["DB"]}], ids=["without secrets", "with secrets"])
def test_a_candidate_pulls_by_itself_where_nothing_comes_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, env: dict[str, Any]
) -> None:
    graph = declare(tmp_path, monkeypatch, env=env)
    steps = ("prepare", "web-teardown-shop-prod", "web-secrets", "web-candidate", "web-switch")
    expected = {"deploy-owner", *(f"shop-{host}-{step}" for host in HOSTS for step in steps)}
    assert {command.name for command in graph.commands()} == expected
    for candidate in graph.named("-candidate"):
        assert {candidate.name.replace("candidate", "secrets"), "RegistryImage shop"} <= graph.before(candidate)


def test_no_secret_is_in_clear(graph: Graph) -> None:
    everything = [(text, secret, each) for each in graph.declared for text, secret in texts(each.inputs)]
    clear = [each.name for text, secret, each in everything if not secret and any(value in text for value in SECRETS)]
    assert not clear
    assert any(secret and "d4tabase-pass" in text for text, secret, _ in everything)
    for command in graph.commands():
        for key in ("create", "delete"):
            assert not any(value in str(command.inputs.get(key)) for value in SECRETS), command.name


def test_only_the_step_for_secrets_is_told_the_secret_variables_and_the_registrys_login(graph: Graph) -> None:
    told = {
        command.name: [secret for secret in ("d4tabase-pass", "r3g1stry-pass") if secret in str(command.fields)]
        for command in graph.commands()
    }
    steps = {command.name for command in graph.named("-secrets")}
    assert {name for name, secrets in told.items() if secrets} == steps
    assert all(told[step] == ["d4tabase-pass", "r3g1stry-pass"] for step in steps)


def test_without_secrets_and_login_there_is_no_step_for_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = declare(tmp_path, monkeypatch, env={}, registry={"server": "registry.test"})
    assert not [command for command in graph.commands() if command.name.endswith("-secrets")]


CERTIFICATE = {"ssl": {"certificate_pem": ["CERT"], "private_key_pem": ["KEY"]}, "host": "shop.test"}


def test_a_certificate_is_told_to_a_step_of_its_own_and_its_name_to_the_switch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = issue()
    secrets = {"CERT": issued.certificate, "KEY": issued.key}
    servers = {"web": HOSTS, "worker": {"hosts": HOSTS[:1], "cmd": "work"}}
    graph = declare(tmp_path, monkeypatch, servers=servers, registry={}, proxy=CERTIFICATE, env={}, secrets=secrets)
    steps = graph.named("-certificate")
    assert {step.name for step in steps} == {f"shop-{host}-web-certificate" for host in HOSTS}
    for step in steps:
        assert (step.fields["stdin.certificate_pem"], step.fields["stdin.private_key_pem"]) == tuple(secrets.values())
        # It waits for neither the push nor a container, and no container for it.
        assert graph.before(step) == {step.name.replace("web-certificate", "prepare")} | graph.before(
            next(
                each for each in graph.named("-prepare") if each.name == step.name.replace("web-certificate", "prepare")
            )
        )
    for switch in graph.named("-web-switch"):
        assert switch.inputs["create"].endswith(" abc none ce47")
        assert switch.fields["stdin.proxy.ssl"] is True
    [worker] = graph.named("-worker-switch")
    assert worker.inputs["create"].endswith(" abc none")
    clear = [text for each in graph.declared for text, secret in texts(each.inputs) if not secret]
    assert not [text for text in clear if any(value in text for value in secrets.values())]


def test_maintenance_and_error_pages_are_told_to_the_switches_of_proxied_roles_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers = {"web": HOSTS[:1], "worker": {"hosts": HOSTS[:1], "cmd": "work"}}
    plain = declare(tmp_path, monkeypatch, servers=servers)
    (tmp_path / "app" / "503.html").write_text("<p>{{ .Message }}</p>")
    git = ["git", "-C", str(tmp_path / "app"), "-c", "user.name=a", "-c", "user.email=a@b.test"]
    for words in (["add", "--all"], ["commit", "--quiet", "--message", "pages"]):
        subprocess.run([*git, *words], check=True)
    graph = declare(tmp_path, monkeypatch, servers=servers, maintenance="back at noon", error_pages_path="../app")
    told = {
        switch.name.split("-")[2]: {
            field for field in switch.fields if field.startswith(("stdin.maintenance", "stdin.error_pages"))
        }
        for switch in graph.named("-switch")
    }
    assert told == {"web": {"stdin.maintenance", "stdin.error_pages.503.html"}, "worker": set()}
    # Nothing else is told of it, and what does not use it is told nothing.
    assert not [
        each.name for each in graph.commands() if "back at noon" in str(each.fields) and "-switch" not in each.name
    ]
    assert not [
        field for each in plain.commands() for field in each.fields if "maintenance" in field or "error" in field
    ]


def test_a_hook_gets_the_secrets_that_the_settings_allow_it(graph: Graph) -> None:
    def has(command: Any) -> bool:
        return any("h00k-pass" in text for text, _ in texts(command.inputs))

    hooks = [command for command in graph.commands() if any(name in command.name for name in HOOKS)]
    assert [command.name for command in hooks if has(command)] == [f"shop-{HOSTS[0]}-pre-deploy"]


def test_a_hook_has_kamals_environment(graph: Graph, tmp_path: Path) -> None:
    version = commit(tmp_path)
    (command,) = graph.named("pre-deploy")
    for word in (
        f"KAMAL_VERSION={version}",
        "KAMAL_SERVICE=shop",
        f"KAMAL_SERVICE_VERSION=shop@{version[:7]}",
        "KAMAL_DESTINATION=prod",
        f"KAMAL_HOSTS={','.join(HOSTS)}",
        "KAMAL_COMMAND=deploy",
        "KAMAL_LOCK=true",
    ):
        assert word in command.inputs["create"]
    for group, command in enumerate((*graph.named("pre-app-boot-1"), *graph.named("pre-app-boot-2"))):
        assert f"KAMAL_HOSTS={HOSTS[group]} " in command.inputs["create"] + " "
    (local,) = graph.named("post-deploy")
    assert local.inputs["environment"]["KAMAL_PERFORMER"] == "tess"


def test_only_teardowns_tear_down_and_only_the_preparation_of_a_host_lets_go_of_the_app(graph: Graph) -> None:
    for command in graph.commands():
        assert "triggers" not in command.inputs
        is_teardown, is_preparation = "-teardown-" in command.name, command.name.endswith("-prepare")
        assert ("delete" in command.inputs) == (is_teardown or is_preparation)
        assert ("create" in command.inputs) != is_teardown
        # One that is replaced lets go first, and holds the app again when it has prepared the host.
        assert command.delete_first == is_preparation
    assert len(graph.named("-teardown-shop-prod")) == 3


def test_a_destroy_lets_go_of_an_app_before_it_tears_it_down_and_no_host_keeps_another_from_it(graph: Graph) -> None:
    """What a resource depends on is deleted after it, and not at all where its own `delete` fails."""
    for host in HOSTS:
        (prepare,) = graph.named(f"{host}-prepare")
        before = {name for name in graph.before(prepare) if "-teardown-" in name}
        assert before == {command.name for command in graph.named("-teardown-shop-prod") if host in command.name}
        assert not [name for name in graph.before(prepare) if name.endswith("-prepare")]


def test_a_teardown_names_the_owner_the_host_and_the_role_and_the_preparation_its_resource(graph: Graph) -> None:
    host = HOSTS[0]
    (teardown,) = graph.named(f"{host}-web-teardown-shop-prod")
    words = shlex.split(teardown.inputs["delete"])
    assert words[-6:] == ["remove", "shop-prod", "web", "0wner", "acme/deploy/prod", host]
    (prepare,) = graph.named(f"{host}-prepare")
    resource = f"urn:pulumi:prod::deploy::kamal:index:Deploy$kamal:index:Host::shop-{host}"
    words = shlex.split(prepare.inputs["delete"])
    assert words[-5:] == ["abandon", "shop-prod", "0wner", "acme/deploy/prod", resource]
    assert prepare.fields["stdin.resource"] == resource


def test_names_tell_the_host(graph: Graph) -> None:
    for command in graph.commands():
        if command.kind.startswith("command:remote") and command.name != "shop-release-task":
            assert command.name.startswith(tuple(f"shop-{host}-" for host in HOSTS))


def test_no_input_tells_the_person_the_place_or_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same commit in another folder, by somebody else, gives the same inputs."""
    add_hooks(tmp_path / "mine", *HOOKS)
    mine = declare(tmp_path / "mine", monkeypatch)
    subprocess.run(["git", "clone", "--quiet", tmp_path / "mine" / "app", tmp_path / "theirs" / "app"], check=True)
    (tmp_path / "theirs" / "project").mkdir()
    add_hooks(tmp_path / "theirs", *HOOKS)
    monkeypatch.setenv("USER", "somebody")
    monkeypatch.setenv("HOME", str(tmp_path / "theirs"))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    theirs = declare(tmp_path / "theirs", monkeypatch)
    assert {each.name + each.kind: each.inputs for each in mine.declared} == {
        each.name + each.kind: each.inputs for each in theirs.declared
    }
    for each in mine.declared:
        for text, _ in texts(each.inputs):
            assert str(tmp_path) not in text
            assert f"{getpass.getuser()}@" not in text


def test_a_pinned_version_builds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = declare(tmp_path, monkeypatch, version="v7")
    assert not [each for each in graph.declared if "Image:" in each.kind]
    for command in graph.named("-candidate"):
        assert f"registry.test/acme/shop:v7@{DIGEST}" in command.inputs["create"]


def test_the_old_image_stays_for_a_rollback(graph: Graph) -> None:
    by_kind = {each.kind: each.inputs for each in graph.declared}
    assert by_kind["docker:index/remoteImage:RemoteImage"]["keepLocally"] is True
    assert by_kind["docker:index/registryImage:RegistryImage"]["keepRemotely"] is True


def test_hosts_that_run_another_version_fail_the_deploy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(pulumi.RunError, match="was deployed, but another one runs in: c, c"):
        declare(tmp_path, monkeypatch, runs="another")
