"""accessory and remove_accessory: a server beside the app is replaced with a way back, and its data stays."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from components.host_tool.docker.client import DockerError
from components.host_tool.errors import StepError
from components.host_tool.records.records import AccessoryRecord
from components.host_tool.result import RunningAccessory
from components.host_tool.spec import (
    AccessoryContainerSpec,
    AccessorySpec,
    BufferingSpec,
    CertificateSpec,
    DirectorySpec,
    FileSpec,
    HealthcheckSpec,
    InspectSpec,
    PrepareSpec,
    RegistryLoginSpec,
    RouteSpec,
    SecretsSpec,
)
from components.host_tool.verbs import (
    accessory,
    accessory_certificate,
    accessory_secrets,
    inspect,
    prepare,
    remove_accessory,
)
from tests.certificates import Issued, issue

from .fake_docker import FakeContainer, FakeImage
from .fake_host import OWNER, PROXY, STRANGER, FakeHost, killed_at_every_call

REDIS, NEWER = "redis:7.2", "redis:7.4"
CONTAINER = AccessoryContainerSpec(
    service="shop-cache",
    host="10.0.0.1",
    image=REDIS,
    network="kamal",
    cmd=("redis-server", "/etc/redis.conf"),
    env={"A": "1"},
    labels={"team": "data"},
    options={"memory": ("64m",)},
    files=(FileSpec("/etc/redis.conf", "save 60 1\n", "644"),),
    directories=(DirectorySpec("data", "/data"),),
    volumes=("shop-cache-aof:/aof",),
    port="127.0.0.1:6379:6379",
)


@dataclass
class Cache:
    """The accessory cache of an app on a host in memory."""

    host: FakeHost
    home: Path
    name: str = "cache"
    spec: AccessorySpec = field(default_factory=lambda: AccessorySpec(CONTAINER, 0, 0, 5))
    certificate: str = ""

    def run(self, *, secrets: str = "-", **changes: Any) -> RunningAccessory:
        """Have it run with some of its container's settings replaced."""
        return self.run_spec(replace(self.spec, container=replace(self.spec.container, **changes)), secrets)

    def run_spec(self, spec: AccessorySpec, secrets: str = "-") -> RunningAccessory:
        self.push(spec.container.image)
        words = (secrets, self.certificate) if self.certificate else (secrets,)
        return self.host.run("accessory", lambda step: accessory.run(step, spec, self.name, *words))

    def keep_certificate(self, issued: Issued) -> str:
        """Keep a TLS certificate, which is its own from now on, and return its name."""
        spec = CertificateSpec(issued.certificate, issued.key)
        kept = self.host.run("accessory_certificate", lambda step: accessory_certificate.run(step, spec, self.name))
        route = RouteSpec(
            ("cache.test",), self.host.port, HealthcheckSpec("/up", 1, 1), 30, BufferingSpec(False, False), ssl=True
        )
        self.spec = replace(self.spec, proxy=route, drain_timeout=5)
        self.certificate = kept.certificate_hash
        return self.certificate

    def push(self, image: str) -> None:
        self.host.docker.registry[image] = FakeImage(image, "", "")

    def keep_secrets(self, values: dict[str, str], login: RegistryLoginSpec | None = None) -> str:
        spec = SecretsSpec(values, login)
        kept = self.host.run("accessory_secrets", lambda step: accessory_secrets.run(step, spec, self.name))
        return kept.secrets_hash

    def prepare(self, accessories: dict[str, str] | None = None) -> None:
        spec = PrepareSpec(
            network="kamal",
            service=self.host.service,
            destination=self.host.destination,
            roles=(),
            stack=self.host.owner.stack,
            resource=self.host.resource,
            take_over=self.host.take_over,
            tool="",
            proxy=PROXY,
            accessories={self.name: self.spec.container.service} if accessories is None else accessories,
        )
        self.host.run("prepare", lambda step: prepare.run(step, spec, self.host.owner.id))

    def tear_down(self, *options: str, name: str = "", host: str = "10.0.0.1") -> None:
        """Run its teardown, and nothing before it."""
        owner = self.host.owner
        self.host.run(
            "remove_accessory",
            lambda step: remove_accessory.run(step, name or self.name, owner.id, owner.stack, host, *options),
        )

    @property
    def container(self) -> FakeContainer:
        return self.host.docker.named(self.spec.container.service)

    def containers(self) -> dict[str, str]:
        """The names of all containers but kamal-proxy, with their states."""
        return {each.name: each.state for each in self.host.docker.containers_by_age if each.name != "kamal-proxy"}

    def record(self) -> AccessoryRecord | None:
        return self.host.folder.accessory(self.name).record()

    @property
    def config(self) -> str:
        return (self.home / "shop-cache/etc/redis.conf").read_text()

    def has_app(self) -> bool:
        return self.host.folder.path.exists()


@pytest.fixture
def new_cache(new_host: Callable[[], FakeHost], monkeypatch: pytest.MonkeyPatch) -> Callable[[], Cache]:
    """Makes a prepared host, each with an accessory that has not run yet."""

    def make() -> Cache:
        host = new_host()
        home = host.folder.kamal.parent
        home.mkdir(exist_ok=True)
        # Steps run in the home directory.
        monkeypatch.chdir(home)
        cache = Cache(host, home)
        cache.prepare()
        return cache

    return make


@pytest.fixture
def cache(new_cache: Callable[[], Cache]) -> Cache:
    return new_cache()


def test_a_new_accessory_has_kamals_name_and_folders_and_all_that_the_settings_say(cache: Cache) -> None:
    secrets = cache.keep_secrets({"PASSWORD": "two\nlines"})
    running = cache.run(secrets=secrets)
    found = cache.container
    assert (running.container, running.image, running.container_id) == ("shop-cache", REDIS, found.id)
    assert found.state == "running"
    assert found.labels == {"team": "data", "service": "shop-cache", "release": running.release}
    assert found.env == {"A": "1", "PASSWORD": "two\nlines", "KAMAL_HOST": "10.0.0.1"}
    assert list(found.mounts) == [
        f"{cache.home}/shop-cache/etc/redis.conf:/etc/redis.conf",
        f"{cache.home}/shop-cache/data:/data",
        "shop-cache-aof:/aof",
    ]
    assert cache.config == "save 60 1\n"
    assert (cache.home / "shop-cache/data").stat().st_mode & 0o777 == 0o755


def test_run_again_it_changes_nothing(cache: Cache) -> None:
    first = cache.run()
    calls = len(cache.host.docker.calls)
    assert cache.run() == first
    changing = {"create", "run", "start", "stop", "rm", "rename", "pull"}
    assert not [words for words in cache.host.docker.calls[calls:] if words[0] in changing]


def test_another_setting_replaces_the_container_and_the_image_comes_before_the_old_one_stops(cache: Cache) -> None:
    first = cache.run()
    calls = len(cache.host.docker.calls)
    second = cache.run(image=NEWER, files=(FileSpec("/etc/redis.conf", "save 1 1\n", "644"),))
    assert second.container_id != first.container_id
    assert cache.containers() == {"shop-cache": "running"}
    assert cache.config == "save 1 1\n"
    verbs = [words[0] for words in cache.host.docker.calls[calls:]]
    assert verbs.index("pull") < verbs.index("create") < verbs.index("stop") < verbs.index("start")
    # The first image was pulled for it.
    assert REDIS not in cache.host.docker.images


def test_an_image_that_was_there_already_stays(cache: Cache) -> None:
    cache.host.docker.images[REDIS] = FakeImage(REDIS, "", "")
    cache.run()
    cache.run(image=NEWER)
    assert REDIS in cache.host.docker.images


@pytest.mark.parametrize("was", ["running", "exited"])
def test_a_container_that_does_not_get_ready_is_taken_back_with_its_files(cache: Cache, was: str) -> None:
    first = cache.run()
    cache.container.state = was
    cache.host.docker.crashing.add(NEWER)
    with pytest.raises(StepError, match="ended before it was ready"):
        cache.run(image=NEWER, files=(FileSpec("/etc/redis.conf", "nonsense\n", "644"),))
    assert cache.containers() == {"shop-cache": "running"}
    assert cache.container.id == first.container_id
    assert cache.config == "save 60 1\n"
    record = cache.record()
    assert record
    assert record.release == first.release


@pytest.mark.parametrize("call", ["pull", "create", "stop", "start"])
def test_whatever_fails_the_old_one_runs(cache: Cache, call: str) -> None:
    first = cache.run()
    if call == "pull":
        with pytest.raises(StepError, match="could not be pulled"):
            cache.host.run(
                "accessory",
                lambda step: accessory.run(
                    step, replace(cache.spec, container=replace(CONTAINER, image="gone:1")), "cache", "-"
                ),
            )
    else:
        cache.host.docker.fail(call)
        with pytest.raises((StepError, DockerError)):
            cache.run(env={"A": "2"})
    assert cache.containers() == {"shop-cache": "running"}
    assert cache.container.id == first.container_id


def test_of_a_first_one_that_does_not_get_ready_only_its_data_stays(cache: Cache) -> None:
    cache.host.docker.crashing.add(REDIS)
    with pytest.raises(StepError, match="it ended before it was ready"):
        cache.run()
    assert cache.containers() == {}
    assert (cache.home / "shop-cache/data").is_dir()
    cache.host.docker.crashing.clear()
    assert cache.run().container == "shop-cache"


def test_a_replacement_that_was_killed_anywhere_is_finished_by_the_next_step(new_cache: Callable[[], Cache]) -> None:
    caches: dict[int, Cache] = {}

    def make() -> FakeHost:
        cache = new_cache()
        caches[id(cache.host)] = cache
        return cache.host

    def replace_it(host: FakeHost) -> RunningAccessory:
        return caches[id(host)].run(image=NEWER)

    for host in killed_at_every_call(make, lambda host: caches[id(host)].run(), replace_it):
        cache = caches[id(host)]
        os.chdir(cache.home)
        running = replace_it(host)
        assert cache.containers() == {"shop-cache": "running"}
        assert cache.container.image == NEWER
        assert running.container_id == cache.container.id


def test_a_stopped_container_is_started_and_a_removed_one_made_again(cache: Cache) -> None:
    first = cache.run()
    cache.container.state = "exited"
    assert cache.run().container_id == first.container_id
    cache.host.docker.containers_by_age.remove(cache.container)
    second = cache.run()
    assert second.container_id != first.container_id
    assert second.release == first.release


def test_kamals_own_container_is_taken_over_and_somebody_elses_is_refused(cache: Cache) -> None:
    def put(**labels: str) -> None:
        cache.host.docker.containers_by_age = [
            FakeContainer("f" * 64, "shop-cache", REDIS, "", "kamal", labels, {}, (), state="running")
        ]

    put(service="shop-cache")
    assert cache.run().container_id != "f" * 64
    cache.host.folder.accessory("cache").forget()
    put(service="other")
    with pytest.raises(StepError, match="which neither this program nor Kamal has made"):
        cache.run()
    assert cache.containers() == {"shop-cache": "running"}
    assert cache.container.id == "f" * 64


def test_a_removed_accessory_leaves_its_data_and_finds_it_when_it_returns(cache: Cache) -> None:
    cache.run()
    (cache.home / "shop-cache/data/dump").write_text("precious")
    cache.host.docker.named_volumes.add("shop-cache-aof")
    cache.host.abandon()
    cache.tear_down()
    assert cache.containers() == {}
    assert REDIS not in cache.host.docker.images
    assert not cache.has_app()
    assert (cache.home / "shop-cache/data/dump").read_text() == "precious"
    assert cache.host.docker.named_volumes == {"shop-cache-aof"}
    cache.prepare()
    cache.run()
    assert (cache.home / "shop-cache/data/dump").read_text() == "precious"


def test_with_delete_data_its_folder_and_its_named_volumes_go(cache: Cache) -> None:
    outside = cache.home / "outside"
    cache.run(directories=(DirectorySpec("data", "/data"), DirectorySpec(str(outside), "/out")))
    cache.host.docker.named_volumes |= {"shop-cache-aof", "another"}
    cache.host.abandon()
    cache.tear_down("delete-data")
    assert not (cache.home / "shop-cache").exists()
    assert outside.is_dir()
    assert cache.host.docker.named_volumes == {"another"}


def test_a_teardown_takes_nothing_down_that_is_held_or_another_owners_or_called_otherwise(cache: Cache) -> None:
    cache.run()
    cache.tear_down("delete-data")
    cache.host.abandon()
    cache.tear_down("delete-data", host="10.0.0.2")
    stranger = replace(cache, host=replace(cache.host, owner=STRANGER))
    stranger.tear_down("delete-data")
    assert cache.containers() == {"shop-cache": "running"}
    assert (cache.home / "shop-cache/data").is_dir()
    cache.tear_down()
    assert cache.containers() == {}


def test_an_accessory_that_is_no_longer_wanted_goes_while_the_app_is_held(cache: Cache) -> None:
    cache.run()
    cache.prepare(accessories={})
    cache.tear_down()
    assert cache.containers() == {}
    assert cache.has_app()


def test_the_last_role_does_not_take_the_app_from_under_an_accessory(cache: Cache) -> None:
    web = cache.host
    web.prepare()
    cache.prepare()
    web.release("v1")
    cache.run()
    web.abandon()
    web.tear_down()
    assert cache.containers() == {"shop-cache": "running"}
    assert cache.has_app()
    cache.tear_down()
    assert not cache.has_app()
    assert web.docker.containers_by_age == []


def test_a_renamed_accessory_keeps_its_container_and_the_former_names_teardown_does_nothing(cache: Cache) -> None:
    first = cache.run()
    renamed = replace(cache, name="redis")
    renamed.prepare()
    assert renamed.run().container_id == first.container_id
    cache.tear_down("delete-data")
    assert cache.containers() == {"shop-cache": "running"}


def test_its_container_cannot_have_another_name_as_its_data_would_stay_behind(cache: Cache) -> None:
    cache.run()
    other = replace(cache, spec=replace(cache.spec, container=replace(CONTAINER, service="shop-redis")))
    other.prepare()
    with pytest.raises(
        StepError, match=r"accessory cache runs as shop-cache here, with its data in ~/shop-cache\. Set"
    ):
        other.run()
    assert cache.containers() == {"shop-cache": "running"}


def test_an_app_under_another_name_keeps_its_accessory(cache: Cache) -> None:
    first = cache.run()
    other = replace(cache, host=cache.host.but(destination="eu"))
    other.prepare()
    assert other.run().container_id == first.container_id
    cache.host.abandon()
    cache.tear_down("delete-data")
    assert other.containers() == {"shop-cache": "running"}


def test_another_owners_accessory_is_refused_until_it_is_taken_over(cache: Cache) -> None:
    cache.run()
    stranger = replace(cache, host=cache.host.but(destination="eu", owner=STRANGER))
    with pytest.raises(
        StepError, match="accessory cache would be called shop-cache, as is accessory cache of the app shop"
    ):
        stranger.prepare()
    with pytest.raises(StepError, match=f"as is that of accessory cache of the app shop of stack {OWNER.stack}"):
        stranger.run()
    stranger = replace(cache, host=replace(stranger.host, take_over=True))
    stranger.prepare()
    stranger.run(env={"A": "2"})
    assert not cache.record()


def test_requests_are_routed_to_it_and_the_route_goes_first(cache: Cache) -> None:
    cache.spec = replace(
        cache.spec,
        proxy=RouteSpec(
            ("cache.test",), cache.host.port, HealthcheckSpec("/up", 1, 1), 30, BufferingSpec(False, False)
        ),
        drain_timeout=5,
    )
    docker = cache.host.docker
    for value in ("1", "2"):
        running = cache.run(env={"A": value})
        assert docker.routes == {"shop-cache": f"{running.container_id[:12]}:{cache.host.port}"}
    docker.crashing.add(NEWER)
    with pytest.raises(StepError, match="ended before it was healthy"):
        cache.run(image=NEWER)
    assert docker.routes == {"shop-cache": f"{running.container_id[:12]}:{cache.host.port}"}
    calls = len(docker.calls)
    cache.host.abandon()
    cache.tear_down()
    words = [" ".join(call) for call in docker.calls[calls:]]
    assert docker.routes == {}
    removed = next(number for number, call in enumerate(words) if "kamal-proxy remove" in call)
    assert removed < next(number for number, call in enumerate(words) if call.startswith("stop"))


def test_a_route_that_is_turned_off_goes(cache: Cache) -> None:
    route = RouteSpec(("cache.test",), cache.host.port, HealthcheckSpec("/up", 1, 1), 30, BufferingSpec(False, False))
    routed = replace(cache.spec, proxy=route, drain_timeout=5)
    first = cache.run_spec(routed)
    assert cache.run().container_id == first.container_id
    assert cache.host.docker.routes == {}


def test_secrets_of_former_containers_are_forgotten_once_the_next_one_is_ready(cache: Cache) -> None:
    login = RegistryLoginSpec("registry.test", "u", "p")
    first = cache.keep_secrets({"P": "1"}, login)
    cache.run(secrets=first)
    second = cache.keep_secrets({"P": "2"}, login)
    assert first != second
    cache.run(secrets=second)
    folder = cache.host.folder.accessory("cache")
    assert [path.name for path in folder.path.glob("secrets/*")] == [second]
    assert folder.has_login()
    with pytest.raises(StepError, match="are not on this host any more"):
        cache.run(secrets=first)
    assert cache.containers() == {"shop-cache": "running"}


FIRST, SECOND = issue(), issue()


def files_of(certificate: str, issued: Issued, name: str = "cache", app: str = "shop") -> dict[str, str]:
    """What kamal-proxy has where this is the only certificate."""
    folder = f"accessories-config/{app}/{name}/tls-{certificate}"
    return {f"{folder}/cert.pem": issued.certificate, f"{folder}/key.pem": issued.key}


def served(cache: Cache) -> str:
    """The key that kamal-proxy has read for the route."""
    deploy = [
        words for words in cache.host.docker.calls if words[:4] == ("exec", "kamal-proxy", "kamal-proxy", "deploy")
    ][-1]
    [path] = [word.partition("=")[2] for word in deploy if word.startswith("--tls-private-key-path=")]
    return cache.host.docker.files[path.partition("/.config/kamal-proxy/")[2]]


def test_kamal_proxy_serves_its_certificate_and_the_next_one_without_another_container(cache: Cache) -> None:
    certificate = cache.keep_certificate(FIRST)
    first = cache.run()
    assert cache.host.docker.files == files_of(certificate, FIRST)
    assert served(cache) == FIRST.key
    certificate = cache.keep_certificate(SECOND)
    assert cache.run() == first
    assert cache.host.docker.files == files_of(certificate, SECOND)
    assert cache.host.folder.accessory("cache").certificates() == (certificate,)
    assert not [words for words in cache.host.docker.calls if any("PRIVATE KEY" in word for word in words)]


@pytest.mark.parametrize("proxied", [True, False], ids=["from Let's Encrypt", "no requests"])
def test_without_its_certificate_it_leaves_no_key(cache: Cache, proxied: bool) -> None:
    cache.keep_certificate(FIRST)
    first = cache.run()
    cache.certificate = ""
    cache.spec = replace(cache.spec, proxy=cache.spec.proxy if proxied else None)
    assert cache.run() == first
    assert cache.host.docker.files == {}
    assert cache.host.folder.accessory("cache").certificates() == ()


def test_a_replacement_that_fails_has_the_old_container_serve_its_old_certificate(cache: Cache) -> None:
    before = cache.keep_certificate(FIRST)
    first = cache.run()
    cache.keep_certificate(SECOND)
    cache.host.docker.fail("exec", "kamal-proxy", "kamal-proxy", "deploy", said="Error: unable to load certificate")
    with pytest.raises(StepError, match="its route was refused by kamal-proxy"):
        cache.run(image=NEWER)
    assert cache.container.id == first.container_id
    assert served(cache) == FIRST.key
    record = cache.record()
    assert record
    assert record.certificate == before
    certificate = cache.certificate
    cache.run(image=NEWER)
    assert cache.host.docker.files == files_of(certificate, SECOND)


def test_a_kamal_proxy_that_ends_in_between_is_asked_once_more_before_it_loses_the_old_certificate(
    cache: Cache,
) -> None:
    cache.keep_certificate(FIRST)
    first = cache.run()
    before = cache.certificate
    certificate = cache.keep_certificate(SECOND)
    deploy = ("exec", "kamal-proxy", "kamal-proxy", "deploy")
    for _ in range(2):
        cache.host.docker.fail(*deploy, status=137)
    with pytest.raises(StepError, match="kamal-proxy ended before it routed to shop-cache"):
        cache.run()
    assert cache.host.docker.files == files_of(before, FIRST) | files_of(certificate, SECOND)
    cache.host.docker.fail(*deploy, status=137)
    calls = len(cache.host.docker.calls)
    assert cache.run() == first
    assert len([words for words in cache.host.docker.calls[calls:] if words[:4] == deploy]) == 2
    assert cache.host.docker.files == files_of(certificate, SECOND)


def test_an_accessory_that_goes_leaves_no_key_also_where_it_never_ran(cache: Cache) -> None:
    cache.keep_certificate(FIRST)
    cache.host.docker.crashing.add(REDIS)
    # As where the step was killed before kamal-proxy had its route.
    cache.host.docker.files = files_of(cache.certificate, FIRST)
    with pytest.raises(StepError, match="ended before it was healthy"):
        cache.run()
    cache.host.abandon()
    cache.tear_down()
    assert (cache.host.docker.files, cache.has_app()) == ({}, False)
    cache.host.docker.crashing.clear()
    cache.prepare()
    cache.keep_certificate(FIRST)
    cache.run()
    cache.host.abandon()
    cache.tear_down()
    assert (cache.host.docker.files, cache.has_app()) == ({}, False)


def test_a_renamed_accessory_and_a_renamed_app_keep_what_is_served_and_leave_no_key_under_the_former_name(
    cache: Cache, capsys: pytest.CaptureFixture[str]
) -> None:
    cache.keep_certificate(FIRST)
    first = cache.run()
    renamed = replace(cache, name="redis")
    renamed.prepare()
    certificate = renamed.keep_certificate(FIRST)
    assert renamed.run() == first
    assert cache.host.docker.files == files_of(certificate, FIRST, "redis")
    other = replace(renamed, host=cache.host.but(destination="eu"))
    other.prepare()
    certificate = other.keep_certificate(SECOND)
    # Under the new name it fails: what was there is served as before.
    other.host.docker.crashing.add(NEWER)
    with pytest.raises(StepError, match="ended before it was healthy"):
        other.run(image=NEWER)
    assert "putting the host back" not in capsys.readouterr().err
    assert served(other) == FIRST.key
    assert other.run().container_id == first.container_id
    assert cache.host.docker.files == files_of(certificate, SECOND, "redis", "shop-eu")


def test_a_step_killed_at_any_moment_leaves_kamal_proxy_the_certificate_of_its_route(
    new_cache: Callable[[], Cache],
) -> None:
    caches: dict[int, Cache] = {}

    def make() -> FakeHost:
        cache = new_cache()
        caches[id(cache.host)] = cache
        return cache.host

    def before(host: FakeHost) -> None:
        cache = caches[id(host)]
        cache.keep_certificate(FIRST)
        cache.run()
        cache.keep_certificate(SECOND)

    for host in killed_at_every_call(make, before, lambda host: caches[id(host)].run()):
        cache = caches[id(host)]
        os.chdir(cache.home)
        assert served(cache) in (FIRST.key, SECOND.key)
        cache.run()
        assert host.docker.files == files_of(cache.certificate, SECOND)
        assert served(cache) == SECOND.key


def test_the_look_tells_its_certificate_and_what_kamal_proxy_has_lost_which_its_step_puts_right(cache: Cache) -> None:
    certificate = cache.keep_certificate(FIRST)
    cache.run()

    def look() -> tuple[tuple[str, ...], tuple[str, ...]]:
        found = cache.host.run("inspect", lambda step: inspect.run(step, InspectSpec("kamal", ()))).accessories["cache"]
        return found.certificates, found.lost_files

    assert look() == ((certificate,), ())
    cache.host.docker.files.clear()
    (cache.host.folder.accessory("cache").path / "certificates" / certificate).unlink()
    assert look() == ((), (f"tls-{certificate}",))
    with pytest.raises(
        StepError, match=f"the certificate {certificate} of accessory cache is not on this host any more"
    ):
        cache.run()
    cache.keep_certificate(FIRST)
    cache.run()
    assert look() == ((certificate,), ())


def test_a_certificate_with_the_key_of_another_one_is_refused(cache: Cache) -> None:
    mixed = replace(FIRST, key=SECOND.key)
    with pytest.raises(
        StepError, match="the certificate of accessory cache cannot be used: private_key_pem is not the key"
    ):
        cache.keep_certificate(mixed)
    assert cache.host.folder.accessory("cache").certificates() == ()
