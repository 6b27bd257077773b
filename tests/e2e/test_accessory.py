"""A server beside the app, through all that happens to it: its data survives, until it is told to go."""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from dev.sandbox import Sandbox
from dev.sandbox.inventory import Host
from dev.sandbox.servers import publish
from tests.e2e.footprint import OnHost
from tests.e2e.site import Site
from tests.e2e.stack import Stack

CONFIG = "appendonly yes\nappendfsync always\ndir /data\nprotected-mode no\n"


@dataclass
class Cache:
    """A Redis on the last host of a stack, which has the tag data."""

    stack: Stack
    image: str
    on_host: OnHost

    @property
    def host(self) -> Host:
        return self.stack.hosts[-1]

    @property
    def container(self) -> str:
        return f"{self.stack.service}-cache"

    def configure(self, **changes: Any) -> None:
        """Set the accessory, with some settings other than usual."""
        registry = self.stack.inventory.registry
        login = {"server": registry.server, "username": registry.username, "password": ["REGISTRY_PASSWORD"]}
        cache: dict[str, Any] = {
            "image": self.image,
            "registry": login,
            "tag": "data",
            "cmd": "redis-server /etc/redis.conf",
            "env": {"secret": ["TOKEN"]},
            "files": ["../app/redis.conf:/etc/redis.conf:ro"],
            "directories": ["data:/data"],
            # On a busy machine a server that fails may look alive for seconds.
            "options": {"health-cmd": "redis-cli ping", "health-interval": "1s"},
            "deploy_timeout": 30,
        }
        self.stack.configure(accessories={"cache": {**cache, **changes}})

    def redis(self, *words: str) -> str:
        return self.on_host(self.host, f"docker exec {self.container} redis-cli {' '.join(words)}").strip()

    def runs(self) -> dict[str, str]:
        """What the stack's outputs say of it."""
        return dict(self.stack.outputs()["accessories"]["cache"][self.host.address])

    def is_there(self) -> bool:
        return bool(self.on_host(self.host, f"docker ps --all --quiet --filter name={self.container}"))


@pytest.fixture(scope="session")
def servers(sandbox: Sandbox) -> dict[str, str]:
    """Two images with Redis in the registry, by tag."""
    return publish(sandbox, "tests/servers", "1", "2")


@pytest.fixture
def cache(stack: Stack, servers: dict[str, str], on_host: OnHost) -> Cache:
    """It runs, and holds a word."""
    *others, last = (host.address for host in stack.hosts)
    made = Cache(stack, servers["1"], on_host)
    stack.write("redis.conf", CONFIG)
    stack.commit()
    stack.configure(
        servers=[*others, {last: "data"}],
        env={"clear": {"PLACE": "no data"}, "tags": {"data": {"PLACE": "beside the data"}}},
        secrets={"TOKEN": "t0ken-of-the-cache"},
    )
    made.configure()
    stack.up()
    assert made.redis("set", "word", "precious") == "OK"
    return made


@pytest.mark.long
def test_an_accessory_is_replaced_only_for_its_own_settings_and_comes_back_where_that_fails(
    cache: Cache, stack: Stack, site: Site, on_host: OnHost
) -> None:
    first, second = stack.hosts[:2]
    started = cache.runs()
    assert (started["container"], started["digest"]) == (cache.container, cache.image.partition("@")[2])
    # The app reaches it by its name, and has the variables of the host's tag.
    web = f"$(docker ps --quiet --filter label=service={stack.service} --filter label=role=web)"
    asked = f"printf 'GET word\\r\\n' | docker exec -i {web} nc -w 1 {cache.container} 6379"
    assert on_host(second, asked) == "$8\r\nprecious\r\n"
    assert on_host(second, f"docker exec {web} sh -c 'echo $PLACE'") == "beside the data\n"
    assert on_host(first, f"docker exec {web} sh -c 'echo $PLACE'") == "no data\n"
    assert "t0ken-of-the-cache" not in stack.state()

    stack.write("redis.conf", CONFIG + "maxclients 77\n")
    stack.commit("The cache")
    assert re.search(rf"kamal:index:Accessory \S+{re.escape(second.address)}-cache-accessory update", stack.preview())
    stack.up()
    replaced = cache.runs()
    assert replaced["container_id"] != started["container_id"]
    assert (cache.redis("get", "word"), cache.redis("config", "get", "maxclients")) == ("precious", "maxclients\n77")

    # One that does not start: the old one runs again, and the app was not touched.
    version = stack.outputs()["version"]
    cache.configure(cmd="redis-server /no/such/file")
    stack.write("page.html", "<p>not deployed</p>")
    stack.commit()
    failed = stack.up_fails()
    assert f"host {second.address}, accessory cache: it ended before it was ready" in failed, failed
    assert cache.redis("get", "word") == "precious"
    assert site.versions() == [version] * 2

    # The app has another version then, which is nothing to the cache.
    cache.configure()
    stack.up()
    assert site.versions() == [stack.git("rev-parse", "HEAD")] * 2
    assert (cache.runs()["container_id"], cache.redis("get", "word")) == (replaced["container_id"], "precious")


@pytest.mark.long
@pytest.mark.one_host
def test_an_accessory_is_put_right_and_its_data_stays_until_it_is_told_to_go(
    cache: Cache, stack: Stack, on_host: OnHost
) -> None:
    host = cache.host
    on_host(host, f"docker rm --force {cache.container}")
    assert re.search(f"{host.address}: container [0-9a-f]{{8}} of cache is gone: to be put right", stack.preview())
    stack.up()
    assert cache.redis("get", "word") == "precious"
    stack.up("--expect-no-changes")

    # It leaves, and its data stays; it returns, and finds it.
    stack.configure(accessories=None)
    stack.up()
    assert not cache.is_there()
    assert "accessories" not in stack.outputs()
    cache.configure(protect=True)
    stack.up()
    assert cache.redis("get", "word") == "precious"
    stack.configure(accessories=None)
    assert "protect" in stack.preview_fails()

    # With delete_data a preview says what will go.
    cache.configure()
    stack.up()
    cache.configure(delete_data=True)
    preview = stack.preview()
    assert "teardown-DELETES-DATA" in preview
    assert f"its folder ~/{cache.container} and its named volumes are deleted with all data in them" in preview
    stack.up()
    assert cache.redis("get", "word") == "precious"
    stack.destroy()
    assert not cache.is_there()
    left = f"ls -d {cache.container} .kamal/apps/{stack.service}* 2>/dev/null || :"
    assert on_host(host, left) == ""
