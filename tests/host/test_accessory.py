"""accessory: real Redis and PostgreSQL servers, whose data survives whatever happens to their containers."""

import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from components.host_tool.result import HostFacts, KeptCertificate, KeptSecrets, RunningAccessory
from components.host_tool.spec import (
    AccessoryContainerSpec,
    AccessorySpec,
    BufferingSpec,
    CertificateSpec,
    DirectorySpec,
    FileSpec,
    HealthcheckSpec,
    InspectSpec,
    RouteSpec,
    SecretsSpec,
)
from tests.certificates import Issued, issue
from tests.host.docker_host import RUN, App, Host, Result

VOLUME = "/home/kamal-proxy/.config/kamal-proxy"

CONFIG = FileSpec(
    "/etc/redis.conf", "appendonly yes\nappendfsync always\ndir /data\nprotected-mode no\n", "644", options="ro"
)


@dataclass
class Server:
    """An accessory of an app."""

    app: App
    name: str
    spec: AccessorySpec
    certificate: KeptCertificate | None = None

    @property
    def service(self) -> str:
        return self.spec.container.service

    def run(self, *, secrets: str = "-", **changes: Any) -> Result:
        """Have it run with some of its container's settings replaced."""
        spec = replace(self.spec, container=replace(self.spec.container, **changes))
        words = [self.name, secrets, *([self.certificate.certificate_hash] if self.certificate else [])]
        return self.app.call("accessory", *words, spec=spec)

    def runs(self, **changes: Any) -> RunningAccessory:
        return self.run(**changes).result(RunningAccessory)

    def keep_secrets(self, env: dict[str, str]) -> str:
        spec = SecretsSpec(env=env, registry=self.app.host.login)
        return self.app.call("accessory_secrets", self.name, spec=spec).result(KeptSecrets).secrets_hash

    def keep_certificate(self, issued: Issued) -> str:
        """Leave a TLS certificate on the host, which is its own from now on, and return its name."""
        spec = CertificateSpec(issued.certificate, issued.key)
        self.certificate = self.app.call("accessory_certificate", self.name, spec=spec).result(KeptCertificate)
        return self.certificate.certificate_hash

    def tear_down(self, *options: str) -> Result:
        owner = self.app.owner
        return self.app.call("remove_accessory", self.name, owner.id, owner.stack, "web1", *options)

    def exec(self, *words: str) -> str:
        return self.app.host.docker("exec", self.service, *words)

    def psql(self, statement: str) -> str:
        words = ("psql", "-h", "127.0.0.1", "-U", "postgres", "--quiet", "--tuples-only", "--no-align")
        return self.exec(*words, "--command", statement)

    def prepare(self, *, wanted: bool = True) -> None:
        result = self.app.prepare(roles=(), accessories={self.name: self.service} if wanted else None)
        assert result.status == 0, result.err


def container(app: App, name: str, image: str, **fields: Any) -> AccessoryContainerSpec:
    """What a container is made of; `fields` replace those of a plain one."""
    plain = AccessoryContainerSpec(
        service=f"{app.name}-{name}",
        host="web1",
        image=image,
        network="kamal",
        cmd=(),
        env={},
        labels={},
        options={},
        files=(),
        directories=(),
        volumes=(),
    )
    return replace(plain, **fields)


def files_in_proxy(host: Host, app: App) -> list[str]:
    """Mode, user and path of each file that kamal-proxy has of the accessory cache of an app."""
    volume = host.docker("volume", "inspect", "--format", "{{.Mountpoint}}", "kamal-proxy-config")
    folder = f"{volume}/accessories-config/{app.name}/cache"
    return host.as_root(f"find {folder} -type f -printf '%m %U %P\\n'").out.splitlines()


def clean_up(host: Host, server: Server) -> None:
    host.docker(
        *("rm", "--force", "--volumes", server.service, f"{server.service}-next", f"{server.service}-replaced"),
        check=False,
    )
    host.docker("volume", "rm", "--force", f"{server.service}-aof", check=False)
    home = host.run("pwd").out.strip()
    assert host.as_root(f"rm -rf {home}/{server.service}").status == 0


@pytest.fixture
def cache(app: App, host: Host, servers: dict[str, str]) -> Iterator[Server]:
    """A Redis with a config file, a folder and a port."""
    made = container(
        app,
        "cache",
        servers["1"],
        cmd=("redis-server", "/etc/redis.conf"),
        files=(CONFIG,),
        directories=(DirectorySpec("data", "/data"),),
        volumes=(f"{app.name}-cache-aof:/aof",),
        port="127.0.0.1:6379:6379",
        # On a busy machine a server that fails may look alive for seconds.
        options={"health-cmd": ("redis-cli ping",), "health-interval": ("1s",)},
    )
    server = Server(app, "cache", AccessorySpec(made, deploy_timeout=20, readiness_delay=1, stop_timeout=5))
    server.prepare()
    server.keep_secrets({})
    yield server
    clean_up(host, server)


@pytest.fixture
def database(app: App, host: Host, servers: dict[str, str]) -> Iterator[Server]:
    """A PostgreSQL whose folder belongs to its own user, and whose health check says when it is ready."""
    made = container(
        app,
        "db",
        servers["1"],
        cmd=("start-postgres",),
        directories=(DirectorySpec("data", "/var/lib/postgresql/data", "0700", "postgres:postgres"),),
        options={
            "user": ("70:70",),
            "health-cmd": ("pg_isready -h 127.0.0.1",),
            "health-interval": ("1s",),
        },
    )
    server = Server(app, "db", AccessorySpec(made, deploy_timeout=30, readiness_delay=1, stop_timeout=10))
    server.prepare()
    server.keep_secrets({})
    yield server
    clean_up(host, server)


def test_redis_keeps_its_data_in_a_replacement_a_failed_one_a_removal_and_a_return(
    cache: Server, host: Host, servers: dict[str, str]
) -> None:
    # Other tests have left it here.
    host.docker("image", "rm", "--force", servers["1"], check=False)
    first = cache.runs()
    assert first.digest == servers["1"].partition("@")[2]
    assert cache.exec("redis-cli", "set", "word", "precious") == "OK"

    # Another image, and another file.
    louder = replace(CONFIG, content=CONFIG.content + "maxclients 77\n")
    second = cache.runs(image=servers["2"], files=(louder,))
    assert second.container_id != first.container_id
    assert cache.exec("redis-cli", "get", "word") == "precious"
    assert cache.exec("redis-cli", "config", "get", "maxclients").split() == ["maxclients", "77"]
    # The former image was pulled for it alone.
    assert host.docker("image", "inspect", servers["1"], check=False) == "[]"

    # A file that Redis refuses: the container ends, and the old one runs again with its own file.
    failed = cache.run(image=servers["2"], files=(replace(CONFIG, content="nonsense\n"),))
    assert "it ended before it was ready" in failed.failure
    assert "Bad directive" in failed.err
    assert host.docker("ps", "--all", "--format", "{{.Names}}", "--filter", f"name={cache.service}") == cache.service
    assert cache.exec("redis-cli", "get", "word") == "precious"
    assert host.docker("inspect", "--format", "{{.Id}}", cache.service) == second.container_id
    assert "maxclients 77" in host.run("cat", f"{cache.service}/etc/redis.conf").out

    # The same again changes nothing.
    assert cache.runs(image=servers["2"], files=(louder,)).container_id == second.container_id

    cache.prepare(wanted=False)
    removed = cache.tear_down()
    assert removed.status == 0, removed.err
    assert f"the data of {cache.service} stays: ~/{cache.service}, the volume {cache.service}-aof" in removed.err
    assert host.docker("ps", "--all", "--quiet", "--filter", f"name={cache.service}") == ""
    cache.prepare()
    cache.keep_secrets({})
    cache.runs()
    assert cache.exec("redis-cli", "get", "word") == "precious"


def test_postgresql_is_ready_when_its_health_check_says_so_and_its_data_goes_only_where_that_is_wanted(
    database: Server, host: Host, servers: dict[str, str]
) -> None:
    database.runs()
    database.psql("create table word (text text); insert into word values ('precious')")
    # Another setting: a planned replacement.
    database.runs(cmd=("start-postgres", "-c", "max_connections=33"))
    assert (database.psql("show max_connections"), database.psql("table word")) == ("33", "precious")
    failed = database.run(cmd=("start-postgres", "-c", "no_such_setting=1"))
    assert "it ended before it was ready" in failed.failure
    assert (database.psql("show max_connections"), database.psql("table word")) == ("33", "precious")

    # While the app holds it, no teardown takes it down.
    assert "is still deployed here" in database.tear_down("delete-data").err
    assert database.psql("table word") == "precious"
    database.prepare(wanted=False)
    # Its files are another user's, whom the SSH user cannot remove them for.
    assert host.run("ls", f"{database.service}/data").status != 0
    gone = database.tear_down("delete-data")
    assert gone.status == 0, gone.err
    assert host.run("ls", database.service).status != 0


def test_secrets_arrive_byte_for_byte_and_are_in_no_process_list(cache: Server, host: Host) -> None:
    value = "two\nlines \\ 'and' $QUOTES"
    with host.process_list() as seen:
        cache.runs(secrets=cache.keep_secrets({"PASSWORD": value}))
    environment = json.loads(host.docker("inspect", "--format", "{{json .Config.Env}}", cache.service))
    assert f"PASSWORD={value}" in environment
    assert not [line for line in seen if "QUOTES" in line and "docker inspect" not in line]


def test_a_port_is_published_at_the_host_itself_and_one_that_is_taken_brings_the_old_container_back(
    cache: Server, host: Host
) -> None:
    first = cache.runs()
    assert host.docker("port", cache.service) == "6379/tcp -> 127.0.0.1:6379"
    failed = cache.run(port="127.0.0.1:80:6379")
    assert "could not be started" in failed.failure
    assert (
        host.docker("inspect", "--format", "{{.Id}} {{.State.Running}}", cache.service) == f"{first.container_id} true"
    )


def test_a_step_that_comes_to_its_time_limit_is_taken_back_and_says_what_it_waited_for(
    cache: Server, host: Host
) -> None:
    first = cache.runs()
    other = replace(cache.spec.container, env={"A": "2"})
    other = replace(other, options={})
    spec = replace(cache.spec, readiness_delay=60, deploy_timeout=60, container=other)
    ended = cache.app.call("accessory", cache.name, "-", spec=spec, limit=5)
    assert ended.status == 124
    assert "ended by its time limit while waiting for accessory cache to become ready" in ended.err
    assert (
        host.docker("inspect", "--format", "{{.Id}} {{.State.Running}}", cache.service) == f"{first.container_id} true"
    )
    assert cache.runs() == replace(first, since=cache.runs().since)


def test_the_look_tells_what_there_is_of_it(cache: Server, host: Host) -> None:
    def look() -> HostFacts:
        spec = InspectSpec("kamal", ())
        return cache.app.call("inspect", spec=spec).result(HostFacts)

    running = cache.runs()
    found = look().accessories["cache"]
    assert (found.service, found.release, found.login, found.replacing) == (cache.service, running.release, True, False)
    assert found.container
    assert (found.container.id, found.container.state) == (running.container_id[:12], "running")
    # A volume may have the container's name.
    host.docker("volume", "create", cache.service)
    host.docker("rm", "--force", cache.service)
    facts = look()
    assert facts.accessories["cache"].container is None
    assert facts.network
    host.docker("volume", "rm", cache.service)


def test_requests_are_routed_to_an_accessory_also_over_https_with_a_certificate_of_its_own(
    cache: Server, host: Host
) -> None:
    app, served = cache.app, ("sh", "-c", "mkdir -p /www && echo ok >/www/up && exec httpd -f -p 8080 -h /www")
    route = RouteSpec((app.web_host,), 8080, HealthcheckSpec("/up", 1, 5), 30, BufferingSpec(True, True))
    cache.spec = replace(cache.spec, proxy=route, drain_timeout=1, stop_timeout=1, deploy_timeout=4)
    before = cache.runs(cmd=served)
    assert host.get(app.web_host, "/up") == (200, "ok")
    failed = cache.run(cmd=("sh", "-c", "sleep 60"), env={"A": "2"})
    assert "did not become healthy within 4 s at :8080/up" in failed.failure
    assert host.get(app.web_host, "/up") == (200, "ok")

    # A certificate, and the next one, make no other container.
    first, second = issue(app.web_host), issue(app.web_host)
    before = replace(before, since=cache.runs(cmd=served).since)
    cache.spec = replace(cache.spec, proxy=replace(route, ssl=True))
    with host.process_list() as seen:
        cache.keep_certificate(first)
        assert cache.runs(cmd=served) == before
    assert host.get_https(app.web_host, first.authority, "/up") == (200, "ok")
    assert not [line for line in seen if first.key.splitlines()[1] in line]
    certificate = cache.keep_certificate(second)
    assert cache.runs(cmd=served) == before
    assert host.get_https(app.web_host, second.authority, "/up") == (200, "ok")
    with pytest.raises(ssl.SSLError):
        host.get_https(app.web_host, first.authority, "/up")
    # 1000 is kamal-proxy's user.
    names = {f"600 1000 tls-{certificate}/{name}" for name in ("cert.pem", "key.pem")}
    assert set(files_in_proxy(host, app)) == names

    # A kamal-proxy with other options has the route and its files.
    assert app.prepare(replace(RUN, log_max_size="11m"), accessories={"cache": cache.service}).status == 0
    assert host.get_https(app.web_host, second.authority, "/up") == (200, "ok")

    # What it has lost is seen, and given to it again.
    host.docker("exec", "kamal-proxy", "rm", "-rf", f"{VOLUME}/accessories-config")
    look = app.call("inspect", spec=InspectSpec("kamal", ())).result(HostFacts)
    assert look.accessories["cache"].lost_files == (f"tls-{certificate}",)
    assert cache.runs(cmd=served) == before
    assert set(files_in_proxy(host, app)) == names

    cache.prepare(wanted=False)
    assert cache.tear_down().status == 0
    assert host.get(app.web_host, "/up")[0] == 404
    assert files_in_proxy(host, app) == []
