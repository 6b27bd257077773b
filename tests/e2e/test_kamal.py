"""An app that Kamal 2.12 has deployed goes on with the first `pulumi up`."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.sandbox.inventory import Host
from tests.e2e.footprint import OnHost
from tests.e2e.load import Load
from tests.e2e.site import Site
from tests.e2e.stack import NAME, WORK, Stack
from tests.kamal import Kamal

# Requests a second, over both hosts.
RATE = 200

ROLES = ("web", "worker", "admin")


@pytest.fixture
def kamals(stack: Stack, on_host: OnHost) -> Iterator[dict[Host, Kamal]]:
    """Kamal's view of the stack's app, by host: none of them has a kamal-proxy yet."""
    registry = stack.inventory.registry
    login = (registry.server, registry.username, Path(registry.password_file).read_text().strip())
    repository = f"{registry.server}/tests/{stack.service}"
    found = {}
    for host in stack.hosts[:2]:
        run = lambda script, host=host: on_host(host, script)  # noqa: E731
        found[host] = Kamal(run, host.address, stack.service, NAME, repository, login)
        on_host(host, "docker rm --force kamal-proxy 2>/dev/null")
    yield found
    for host, kamal in found.items():
        kamal.forget(ROLES)
        # The next stack boots one of its own.
        on_host(host, "docker rm --force kamal-proxy && rm -rf .kamal/proxy/apps-config")


def push(stack: Stack, kamal: Kamal, version: str, folder: Path) -> None:
    """Build and push a version as Kamal does: with one label, and the version as the tag."""
    environment = {**stack.environment, "DOCKER_CONFIG": str(folder), "DOCKER_BUILDKIT": "0"}
    server, username, password = kamal.registry
    image = f"{kamal.repository}:{version}"
    base = f"BASE={stack.inventory.base_image}"
    for words in (
        ("login", server, "--username", username, "--password-stdin"),
        (
            "build",
            "--quiet",
            "--tag",
            image,
            "--label",
            f"service={stack.service}",
            "--build-arg",
            base,
            str(stack.app),
        ),
        ("push", "--quiet", image),
        ("image", "rm", image),
    ):
        subprocess.run(["docker", *words], env=environment, input=password, text=True, check=True, capture_output=True)


@pytest.mark.alone
def test_it_is_taken_over_without_a_failed_request_and_what_kamal_left_is_named_until_it_is_removed(
    stack: Stack, site: Site, kamals: dict[Host, Kamal], on_host: OnHost, environment: dict[str, str], tmp_path: Path
) -> None:
    """Two hosts, a web role and a worker; Kamal also runs a role that the stack does not have."""
    (first, kamal), (second, second_kamal) = kamals.items()
    version = stack.git("rev-parse", "HEAD")
    push(stack, kamal, version, tmp_path)
    for each, roles in ((kamal, {"web": ""}), (second_kamal, {"web": "", "worker": WORK, "admin": WORK})):
        each.boot_proxy()
        each.deploy(version, roles, web_host=stack.name, app_port=8080)
    assert site.versions() == [version] * 2
    proxies = [on_host(host, "docker inspect --format '{{.Id}} {{.State.StartedAt}}' kamal-proxy") for host in kamals]

    stack.with_worker(readiness_delay="1")
    stack.write("page.html", "<p>by Pulumi</p>")
    new = stack.commit()
    preview = stack.preview()
    for host, each in kamals.items():
        assert (
            f"{host.address}: Kamal has deployed web here ({each.container('web', version)}): the switch takes it over"
            in preview
        )
    assert f"{second.address}: Kamal has deployed worker here" in preview
    assert f"{second.address}: Kamal has left role admin, which servers does not have on this host" in preview
    with Load(stack, tmp_path, environment, rate=RATE) as load:
        stack.up()
    assert not load.failed(), load.failed()[:3]
    assert not load.late_old_answers(new), load.late_old_answers(new)[:3]
    assert site.versions() == [new] * 2
    assert proxies == [
        on_host(host, "docker inspect --format '{{.Id}} {{.State.StartedAt}}' kamal-proxy") for host in kamals
    ]
    stopped = "docker ps --all --filter status=exited --format '{{.Names}}'"
    assert kamal.container("web", version) in on_host(first, stopped).split()
    assert {second_kamal.container(role, version) for role in ("web", "worker")} <= set(
        on_host(second, stopped).split()
    )

    said = stack.up("--expect-no-changes")
    # The commands that the warnings name remove what is left: first the role, then the files.
    on_host(first, command(said, first))
    on_host(second, command(said, second))
    on_host(second, command(stack.preview(), second))
    assert "Kamal" not in stack.up("--expect-no-changes")
    assert on_host(second, f"ls .kamal/apps/{kamal.app}").split().count("env") == 0


def command(output: str, host: Host) -> str:
    """Return the command with which a warning says to remove what Kamal has left on a host."""
    found = re.search(rf"{re.escape(host.address)}: Kamal has left .* there: (.+)", output)
    assert found, output
    return found[1]
