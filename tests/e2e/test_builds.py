"""Images that the Docker engine does not build by itself: for several platforms, with secrets, on other machines."""

import base64
import gzip
import hashlib
import json
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from components.naming import BUILD_LABEL
from dev.sandbox import Sandbox, images
from dev.sandbox.inventory import Inventory
from tests.e2e.buildx import (
    Builds,
    buildkit_on,
    buildx_environment,
    ensure_buildkit_image,
    name_the_registrys_authority,
)
from tests.e2e.site import Site
from tests.e2e.stack import Stack

SECRET = "s3cret-of-the-build-\u00fc"

DOCKERFILE = """\
FROM --platform=$BUILDPLATFORM scratch AS tools
ADD root.tar /
ENV PATH=/bin
RUN --mount=type=secret,id=TOKEN sleep 1; sha256sum /run/secrets/TOKEN >/checked
ARG KAMAL_VERSION
RUN echo "$KAMAL_VERSION" >/version

FROM scratch
ADD root.tar /
ENV PATH=/bin
COPY serve.sh page.html httpd.conf /app/
COPY --from=tools /checked /version /app/
CMD ["sh", "/app/serve.sh"]
"""


class RegistryApi:
    """The registry's own answers."""

    def __init__(self, inventory: Inventory, trust: str) -> None:
        registry = inventory.registry
        login = f"{registry.username}:{Path(registry.password_file).read_text().strip()}"
        self._url = f"https://{registry.server}/v2"
        self._headers = {
            "Authorization": f"Basic {base64.b64encode(login.encode()).decode()}",
            "Accept": "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
            "application/vnd.docker.distribution.manifest.v2+json",
        }
        https = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=trust))
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), https)

    def blob(self, image: str, digest: str) -> bytes:
        """Return a blob or, by its digest or tag, a manifest."""
        for kind in ("manifests", "blobs"):
            request = urllib.request.Request(f"{self._url}/{image}/{kind}/{digest}", headers=self._headers)
            try:
                with self._opener.open(request, timeout=10) as answer:
                    content = bytes(answer.read())
            except urllib.error.HTTPError:
                continue
            assert not digest.startswith("sha256:") or f"sha256:{hashlib.sha256(content).hexdigest()}" == digest
            return content
        raise AssertionError(f"the registry does not have {image}@{digest}")

    def json(self, image: str, digest: str) -> dict[str, Any]:
        """Return a manifest or a configuration."""
        return dict(json.loads(self.blob(image, digest)))


@pytest.fixture
def registry(inventory: Inventory, environment: dict[str, str]) -> RegistryApi:
    return RegistryApi(inventory, environment["SSL_CERT_FILE"])


@pytest.fixture
def buildx(stack: Stack, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker's command line has buildx in the stack's deploys."""
    variables = buildx_environment(tmp_path / "docker", sandbox)
    stack.environment |= variables
    monkeypatch.setenv("DOCKER_CONFIG", variables["DOCKER_CONFIG"])


@pytest.fixture
def buildkit(stack: Stack, sandbox: Sandbox, buildx: None) -> Iterator[str]:
    """The address of a BuildKit daemon on the second host."""
    with buildkit_on(sandbox, stack.hosts[1]) as address:
        yield address


@pytest.fixture
def secret_app(stack: Stack) -> Stack:
    """A stack whose app needs a secret to build, and no image to build on."""
    stack.write("Dockerfile", DOCKERFILE)
    (stack.app / "root.tar").write_bytes(images.base().files)
    stack.commit()
    # On standard input: a test beside this one may look for it in all arguments.
    words = ["pulumi", "config", "set", "--secret", "--path", "deploy:secrets.TOKEN"]
    subprocess.run(words, input=SECRET, text=True, cwd=stack.project, env=stack.environment, check=True)
    return stack


@pytest.fixture
def arguments() -> Iterator[Callable[[], str]]:
    """Collects the arguments of all processes on this machine while a test runs."""
    seen: set[bytes] = set()
    ended = Event()

    def collect() -> None:
        while not ended.wait(0.2):
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(process.read_bytes())
                except OSError:
                    continue

    collector = Thread(target=collect, daemon=True)
    collector.start()
    yield lambda: b"\n".join(seen).replace(b"\0", b" ").decode(errors="replace")
    ended.set()
    collector.join()


def layers_of(registry: RegistryApi, image: str, manifest: dict[str, Any]) -> bytes:
    """All that an image consists of: its configuration, and the files in its layers."""
    blobs = [registry.blob(image, layer["digest"]) for layer in manifest["layers"]]
    return b"".join([registry.blob(image, manifest["config"]["digest"]), *map(gzip.decompress, blobs)])


def log_of(stack: Stack) -> str:
    """The output of the last build."""
    (log,) = (stack.project / ".local" / "build").glob("*.log")
    return log.read_text()


def private_files(stack: Stack) -> list[Path]:
    """What is left in the folder of the builds, but for the logs."""
    folder = stack.project / ".local" / "build"
    return [path for path in folder.rglob("*") if path.suffix != ".log" and path.name != "lock"]


def test_an_image_for_two_platforms_is_built_with_a_secret_and_deployed(
    secret_app: Stack,
    site: Site,
    buildkit: str,
    registry: RegistryApi,
    arguments: Callable[[], str],
) -> None:
    stack, image = secret_app, f"tests/{secret_app.service}"
    builder = {
        "context": "../app",
        "arch": ["arm64", "amd64"],
        "secrets": ["TOKEN"],
        "remote": buildkit,
        "local": False,
        "driver": "remote",
    }
    stack.configure(builder=builder)
    version = stack.git("rev-parse", "HEAD")
    assert version in stack.preview()
    output = stack.up()
    assert stack.outputs()["version"] == version
    assert site.versions() == [version] * len(stack.hosts)
    # What runs is the list of both platforms, and each of them has what it says that it has.
    digest = stack.outputs()["digest"]
    index = registry.json(image, digest)
    platforms = {
        f"{each['platform']['os']}/{each['platform']['architecture']}": each["digest"] for each in index["manifests"]
    }
    assert sorted(platforms) == ["linux/amd64", "linux/arm64"]
    for platform, found in platforms.items():
        manifest = registry.json(image, found)
        config = registry.json(image, manifest["config"]["digest"])
        assert f"{config['os']}/{config['architecture']}" == platform
        assert config["config"]["Labels"]["service"] == stack.service
        assert config["config"]["Labels"]["org.opencontainers.image.version"] == version
        assert config["config"]["Labels"][BUILD_LABEL]
        content = layers_of(registry, image, manifest)
        # The build has read the secret, and did not keep it.
        assert hashlib.sha256(SECRET.encode()).hexdigest().encode() in content
        assert SECRET.encode() not in content
    seen = arguments()
    assert "--secret=id=TOKEN" in seen
    assert not any(SECRET in text for text in (seen, stack.state(), output, log_of(stack)))
    assert private_files(stack) == []
    stack.up("--expect-no-changes")
    # Another value of the secret is no other image, and the registry has this one.
    stack.configure(secrets={"TOKEN": "another"})
    stack.up("--expect-no-changes")
    # The Command runs again.
    stack.configure(builder={**builder, "no_cache": True})
    stack.up()
    assert "nothing is built" in log_of(stack)
    assert stack.outputs()["digest"] == digest


@pytest.mark.one_host
def test_the_docker_engine_mounts_a_secret_and_forgets_it(
    secret_app: Stack, site: Site, registry: RegistryApi, arguments: Callable[[], str]
) -> None:
    stack, image = secret_app, f"tests/{secret_app.service}"
    stack.configure(builder={"context": "../app", "arch": "amd64", "secrets": ["TOKEN"]})
    output = stack.up()
    version = stack.git("rev-parse", "HEAD")
    assert site.versions() == [version] * len(stack.hosts)
    content = layers_of(registry, image, registry.json(image, stack.outputs()["digest"]))
    assert hashlib.sha256(SECRET.encode()).hexdigest().encode() in content
    assert not any(SECRET in text for text in (arguments(), stack.state(), output, log_of(stack)))
    assert SECRET.encode() not in content
    assert private_files(stack) == []
    stack.configure(secrets={"TOKEN": "another"})
    stack.up("--expect-no-changes")


SSH_DOCKERFILE = """\
FROM --platform=$BUILDPLATFORM scratch AS tools
ADD root.tar /
ENV PATH=/bin
RUN --mount=type=ssh test -S "$SSH_AUTH_SOCK" && echo yes >/agent
FROM scratch
COPY --from=tools /agent /agent
"""


FOREIGN_DOCKERFILE = """\
FROM scratch AS on-amd64
FROM scratch AS on-arm64
COPY foreign /foreign
RUN ["/foreign"]
FROM on-${TARGETARCH}
COPY page.html /
"""


def test_a_buildkit_daemon_has_the_agent_the_cache_and_provenance(
    secret_app: Stack, buildkit: str, registry: RegistryApi
) -> None:
    stack, builds = secret_app, Builds(secret_app, build="1")
    stack.write("Dockerfile", SSH_DOCKERFILE)
    daemon: dict[str, Any] = {
        "driver": "remote",
        "remote": buildkit,
        "ssh": "default",
        "platforms": ["linux/amd64", "linux/arm64"],
    }
    cache = f"type=registry,ref={stack.inventory.registry.server}/{builds.image}-build-cache"
    first = builds.run("v1", **daemon, cache_from=[cache], cache_to=[f"{cache},mode=max"], provenance="mode=max")
    assert first.returncode == 0, builds.log()
    index = registry.json(builds.image, json.loads(first.stdout)["digest"])
    kinds = [each.get("annotations", {}).get("vnd.docker.reference.type", "image") for each in index["manifests"]]
    assert sorted(kinds) == ["attestation-manifest"] * 2 + ["image"] * 2
    assert registry.json(f"{builds.image}-build-cache", "latest")["layers"]
    # Once more: the registry has it. With other labels, which name the settings, it is another build.
    assert builds.run("v1", **daemon).stdout == first.stdout
    assert "nothing is built" in builds.log()
    again = Builds(stack, build="2").run("v1", **daemon)
    assert again.stdout not in ("", first.stdout)
    # What fails says so.
    stack.write("Dockerfile", FOREIGN_DOCKERFILE)
    (stack.app / "foreign").write_bytes(b"\x7fELF\2\1\1" + bytes(9) + b"\2\0\xb7\0\1\0\0\0" + bytes(40))
    (stack.app / "foreign").chmod(0o755)
    assert "cannot run programs for linux/arm64. Build them" in builds.run("v2", **daemon).stderr
    stack.write("Dockerfile", "FROM scratch\nCOPY page.html /\n")
    assert "v3 could not be pushed. Check registry.username" in builds.run("v3", password="wrong", **daemon).stderr


def test_a_docker_engine_on_another_machine_builds_and_pushes(
    secret_app: Stack, buildx: None, registry: RegistryApi
) -> None:
    stack, builds = secret_app, Builds(secret_app, build="1")
    stack.write("Dockerfile", 'FROM scratch\nADD root.tar /\nRUN ["/bin/touch", "/built"]\n')
    host = stack.hosts[0]
    engine: dict[str, Any] = {"driver": "docker", "remote": f"ssh://{host.user}@{host.address}"}
    first = builds.run("v1", **engine)
    assert first.returncode == 0, first.stderr
    manifest = registry.json(builds.image, json.loads(first.stdout)["digest"])
    assert manifest["layers"]
    config = registry.json(builds.image, manifest["config"]["digest"])
    assert config["config"]["Labels"]["service"] == stack.service
    assert builds.run("v1", **engine).stdout == first.stdout
    assert "nothing is built" in builds.log()


@pytest.mark.parametrize("driver", ["docker", "docker-container", "remote"])
def test_a_builder_that_does_not_answer_is_named(secret_app: Stack, buildx: None, driver: str) -> None:
    address = f"ssh://root@{secret_app.hosts[0].address}:1"
    failed = Builds(secret_app).run("v1", driver=driver, remote=address)
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"The builder {address} cannot be reached: ")
    assert "Connection refused" in failed.stderr


def test_buildkit_in_a_container_of_the_docker_engine_builds_for_two_platforms(
    secret_app: Stack, sandbox: Sandbox, buildx: None, registry: RegistryApi
) -> None:
    ensure_buildkit_image(sandbox)
    name_the_registrys_authority(secret_app, sandbox)
    stack, builds = secret_app, Builds(secret_app)
    stack.write("Dockerfile", SSH_DOCKERFILE)
    done = builds.run("v1", local=True, ssh="default", platforms=["linux/amd64", "linux/arm64"])
    assert done.returncode == 0, done.stderr
    index = registry.json(builds.image, json.loads(done.stdout)["digest"])
    assert sorted(each["platform"]["architecture"] for each in index["manifests"]) == ["amd64", "arm64"]
