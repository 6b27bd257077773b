"""A Docker host for the host tool's tests: a real engine behind a real SSH server, in a sandbox of its own."""

import itertools
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.host_tool.spec import RegistryLoginSpec
from dev.sandbox import Inventory, Sandbox
from dev.sandbox.servers import publish
from tests.host.docker_host import SERVICE, App, Host
from tests.own_sandbox import own_sandbox

VERSIONS = ("v1", "v2", "v3", "v4")
NUMBERS = itertools.count(1)

# Answers /up, /version and, after 6 seconds, /cgi-bin/slow on port 80, and ends at once when it is told to.
SERVE = """\
mkdir -p /www/cgi-bin
printf '#!/bin/sh\\nsleep 6; printf "Content-Type: text/plain\\\\n\\\\ndone"\\n' >/www/cgi-bin/slow
chmod +x /www/cgi-bin/slow
echo ok >/www/up
echo "$KAMAL_VERSION" >/www/version
echo "serving $KAMAL_VERSION"
httpd -f -p 80 -h /www &
trap 'kill $!; exit 0' TERM
wait $!
"""


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with one host, apart from the one that the user deploys to: these tests stop and break things."""
    made = own_sandbox("host-tests" + os.environ.get("PYTEST_XDIST_WORKER", ""))
    made.up(1)
    yield made
    made.down()


@pytest.fixture(scope="session")
def host(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Host:
    """The sandbox's host, reached as a user who is not root, and four versions of a small app in the registry."""
    inventory = sandbox.inventory()
    entry = inventory.hosts[0]
    registry = inventory.registry
    login = RegistryLoginSpec(registry.server, registry.username, Path(registry.password_file).read_text().strip())
    images = _push_images(sandbox, inventory, login, tmp_path_factory.mktemp("images"))
    # One connection for all: a session each, as every step has in a deploy.
    ssh, *words = sandbox.ssh(entry.name)
    shared = ["-o", "ControlMaster=auto", "-o", f"ControlPath={sandbox.paths.data}/control", "-o", "ControlPersist=5"]
    return Host(sandbox, entry.name, entry.address, entry.docker_socket, (ssh, *shared, *words), images, login)


@pytest.fixture(scope="session")
def servers(sandbox: Sandbox) -> dict[str, str]:
    """Two images with Redis and PostgreSQL in the registry, by tag."""
    server = sandbox.inventory().registry.server
    return {tag: f"{server}/{image}" for tag, image in publish(sandbox, "tests/servers", "1", "2").items()}


@pytest.fixture(scope="module")
def kept_proxy(host: Host) -> Iterator[None]:
    """As if the host had one more app: without it, every test's end would take kamal-proxy away, and cost a second."""
    host.run("sh", "-c", "umask 077; mkdir -p .kamal/apps/other")
    yield
    host.run("rmdir", ".kamal/apps/other")


@pytest.fixture
def app(host: Host, kept_proxy: None) -> Iterator[App]:
    """An app on the prepared host."""
    yield from _an_app(host)


@pytest.fixture
def other_app(host: Host, kept_proxy: None) -> Iterator[App]:
    """A second app on the same host."""
    yield from _an_app(host)


@pytest.fixture(scope="module")
def app_of_the_file(host: Host, kept_proxy: None) -> Iterator[App]:
    """An app with v1 routed, for all the tests of a file that have to leave it as it is."""
    for app in _an_app(host):
        app.release("v1")
        yield app


@pytest.fixture
def shared_app(app_of_the_file: App) -> App:
    """The file's app, with v2 pulled: another app that was removed in between has taken that with it."""
    app_of_the_file.pull("v2")
    return app_of_the_file


@pytest.fixture
def only_app(host: Host) -> Iterator[App]:
    """The only app on the prepared host. Not for a file with the fixtures above."""
    for app in _an_app(host):
        yield app
        # Also kamal-proxy goes.
        app.remove()


def _an_app(host: Host) -> Iterator[App]:
    made = App(host, f"t{next(NUMBERS)}")
    prepared = made.prepare()
    assert prepared.status == 0, prepared.err
    yield made
    made.clean_up()


def _push_images(sandbox: Sandbox, inventory: Inventory, login: RegistryLoginSpec, folder: Path) -> dict[str, str]:
    """Build the app's versions on the sandbox's deployer and push them; version to repository:version@digest."""
    (folder / "serve.sh").write_text(SERVE)
    assets = folder / "assets"
    (assets / "js").mkdir(parents=True)
    environment = {
        **os.environ,
        "DOCKER_HOST": f"unix://{sandbox.paths.deployer_socket}",
        "DOCKER_CONFIG": str(folder),
    }
    environment["DOCKER_BUILDKIT"] = "0"
    server = login.server

    def docker(*words: str, stdin: str = "") -> str:
        done = subprocess.run(["docker", *words], input=stdin, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    docker("login", server, "--username", login.username, "--password-stdin", stdin=login.password)
    images = {}
    # "v9" lies about its version; "store" is v2 of another service.
    of_the_app = [(version, SERVICE, version) for version in VERSIONS]
    for tag, service, version in [*of_the_app, ("v9", SERVICE, "v8"), ("store", "store", "v2")]:
        # One of its own, and one under the same name as in the others. Only root may read them, and nobody change the folder.
        (assets / "js").chmod(0o700)
        for stale in assets.rglob("*.*"):
            stale.unlink()
        for name in (f"{tag}.css", f"js/.{tag}.map", "js/app.js"):
            (assets / name).write_text(tag)
            (assets / name).chmod(0o600)
        (assets / "js").chmod(0o555)
        # Kamal's way to copy assets fails at such a folder: it has one without.
        (folder / "Dockerfile").write_text(
            f"FROM {inventory.base_image}\nCOPY serve.sh /serve.sh\nCOPY assets /www/assets\nCOPY assets/*.css /www/plain/\n"
            f"LABEL service={service} org.opencontainers.image.version={version}\n"
            'CMD ["sh", "/serve.sh"]\n'
        )
        docker("build", "--quiet", "--tag", f"{server}/{SERVICE}:{tag}", str(folder))
        docker("push", "--quiet", f"{server}/{SERVICE}:{tag}")
        digests = docker("image", "inspect", "--format", "{{index .RepoDigests 0}}", f"{server}/{SERVICE}:{tag}")
        images[tag] = f"{server}/{SERVICE}:{tag}@{digests.strip().partition('@')[2]}"
    return images
