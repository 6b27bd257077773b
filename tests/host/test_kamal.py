"""A host that Kamal 2.12 has deployed to: the app is taken over as it runs, and what nobody takes over stays."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from components.host_tool.json_codec import to_json
from components.host_tool.program import inspect_words, packed_program
from components.host_tool.proxy_options import differing_options
from components.host_tool.result import HostFacts, KamalContainer, Prepared, Running
from components.host_tool.spec import InspectSpec
from tests.host.conftest import NUMBERS
from tests.host.docker_host import PROXY, RUN, SERVICE, App, Host, Load
from tests.kamal import Kamal

ROLES = ("web", "worker", "admin")


@dataclass(frozen=True)
class Taken:
    """An app that Kamal has deployed.

    Attributes:
        kamal: Kamal's view.
        app: The same app for the host tool.
    """

    kamal: Kamal
    app: App

    def prepare(self, *roles: str) -> None:
        self.app.prepare(roles=roles or ("web", "worker")).result(Prepared)
        self.app.log_in()

    def facts(self) -> HostFacts:
        """What the look says, which needs nothing installed."""
        spec = to_json(InspectSpec("kamal", (), SERVICE, self.app.destination))
        words = inspect_words(self.app.name)
        return self.app.host.run(*words, stdin=f"{spec}\n{packed_program()}\n").result(HostFacts)

    def states(self) -> dict[str, str]:
        """Kamal's containers: name to state."""
        kamal = self.facts().kamal
        return {each.name: each.state for each in kamal.containers} if kamal else {}


def kamal_of(host: Host, service: str, destination: str) -> Kamal:
    def run(script: str) -> str:
        done = host.run("sh", "-c", script)
        assert done.status == 0, (script, done.err)
        return done.out

    login = host.login
    repository = host.images["v1"].rpartition(":v1@")[0]
    return Kamal(run, "web1", service, destination, repository, (login.server, login.username, login.password))


@pytest.fixture
def bare_host(host: Host) -> Iterator[Host]:
    """The host without kamal-proxy, before and after."""
    host.docker("rm", "--force", "--volumes", "kamal-proxy", check=False)
    host.docker("volume", "rm", "kamal-proxy-config", check=False)
    yield host
    host.docker("rm", "--force", "--volumes", "kamal-proxy", check=False)
    host.docker("volume", "rm", "kamal-proxy-config", check=False)
    host.run("rm", "-rf", ".kamal/proxy")


@pytest.fixture
def taken(bare_host: Host) -> Iterator[Taken]:
    """An app with a web role and a worker, as Kamal has them."""
    app = App(bare_host, f"k{next(NUMBERS)}")
    app.roles.update(ROLES)
    kamal = kamal_of(bare_host, SERVICE, app.destination)
    kamal.boot_proxy()
    kamal.deploy("v1", {"web": "", "worker": ""}, web_host=app.web_host)
    yield Taken(kamal, app)
    app.clean_up()
    kamal.forget(ROLES)


@pytest.fixture
def taken_with_options(bare_host: Host) -> Iterator[Taken]:
    """The same with a kamal-proxy that has options of `proxy.run`."""
    app = App(bare_host, f"k{next(NUMBERS)}")
    kamal = kamal_of(bare_host, SERVICE, app.destination)
    kamal.boot_proxy(run=('--log-opt max-size=20m --label "team=shop" --memory "512m"', "--debug"))
    kamal.deploy("v1", {"web": ""}, web_host=app.web_host)
    yield Taken(kamal, app)
    app.clean_up()
    kamal.forget(ROLES)


def test_it_is_taken_over_without_a_failed_request_and_what_kamal_leaves_is_named(taken: Taken) -> None:
    app, kamal = taken.app, taken.kamal
    before = taken.facts()
    assert before.kamal and before.proxy
    assert [(each.name, each.role, each.state) for each in before.kamal.containers] == [
        (kamal.container("worker", "v1"), "worker", "running"),
        (kamal.container("web", "v1"), "web", "running"),
    ]
    assert before.kamal.files == (f".kamal/{app.name}-audit.log", f".kamal/apps/{app.name}/env")
    assert (before.kamal.lock, before.roles, before.prepared) == ("", {}, False)
    with Load(app) as load:
        taken.prepare()
        web = app.release("v2")
        worker = app.release("v2", "worker")
    assert [answer for answer in load.answers if answer[0] != 200] == []
    assert {body for _, body in load.answers} == {"v1", "v2"}
    after = taken.facts()
    assert after.proxy == before.proxy
    assert app.host.routes() == {app.prefix(): f"{web.container_id[:12]}:80"}
    assert taken.states() == {kamal.container("worker", "v1"): "exited", kamal.container("web", "v1"): "exited"}
    assert after.roles["web"].strays == after.roles["worker"].strays == ()
    assert after.roles["web"].kept == after.roles["worker"].kept == ("v1",)
    assert app.containers("worker")[worker.container] == "running"
    # A teardown takes what Kamal had, too.
    for role in ("worker", "web"):
        assert app.tear_down(role).status == 0
    assert app.containers() == {}
    assert app.host.run("ls", f".kamal/apps/{app.name}").status != 0


def test_assets_of_kamals_version_are_served_after_the_takeover_and_new_ones_by_its_container_before_it(
    bare_host: Host,
) -> None:
    app = App(bare_host, f"k{next(NUMBERS)}")
    kamal = kamal_of(bare_host, SERVICE, app.destination)
    paths = ("/www/plain:ro",)

    def answer(path: str) -> tuple[int, str]:
        return bare_host.get(app.web_host, path)

    try:
        kamal.boot_proxy()
        kamal.deploy("v1", {"web": ""}, web_host=app.web_host, asset_path="/www/plain")
        app.prepare().result(Prepared)
        app.log_in()
        assert app.candidate("v3", asset_path=paths, path="/missing", deploy_timeout=2).status
        assert answer("/plain/v3.css")[0] == 404
        release = app.candidate_release("v2", asset_path=paths)
        assert answer("/version") == (200, "v1")
        assert answer("/plain/v2.css") == (200, "v2")
        app.switch("v2", release).result(Running)
        assert answer("/version") == (200, "v2")
        assert answer("/plain/v1.css") == (200, "v1")
        # Kamal again: what it makes is taken over once more.
        with Load(app) as load:
            kamal.deploy("v1", {"web": ""}, web_host=app.web_host, asset_path="/www/plain")
            assert answer("/version") == (200, "v1")
            app.release("v2", asset_path=paths)
        assert {status for status, _ in load.answers} == {200}
        assert (answer("/version"), answer("/plain/v1.css")) == ((200, "v2"), (200, "v1"))
        assert set(Taken(kamal, app).states().values()) == {"exited"}
    finally:
        app.clean_up()
        kamal.forget(["web"])


def test_accessories_and_other_destinations_of_kamal_are_seen(taken: Taken) -> None:
    kamal, name = taken.kamal, f"db{next(NUMBERS)}"
    other = replace(kamal, destination=f"{kamal.destination}-other")
    try:
        kamal.boot_accessory(name, f"{kamal.repository}:v1", directory="data:/data")
        other.deploy("v1", {"worker": ""}, web_host="")
        facts = taken.facts().kamal
        assert facts
        assert facts.accessories == (f"{SERVICE}-{name}",)
        assert other.destination in facts.destinations
        assert kamal.destination not in facts.destinations
    finally:
        other.forget(["worker"])
        taken.app.host.docker("rm", "--force", "--volumes", f"{SERVICE}-{name}")
        taken.app.host.run("rm", "-rf", f"{SERVICE}-{name}")


def test_a_first_deploy_that_fails_and_is_destroyed_leaves_kamals_app_as_it_was(taken: Taken) -> None:
    app, kamal = taken.app, taken.kamal
    route = app.host.routes()
    taken.prepare()
    assert "did not become healthy" in app.candidate("v2", path="/missing", deploy_timeout=2).failure
    app.candidate_release("v2")
    app.candidate_release("v2", "worker")
    with Load(app) as load:
        for role in ("web", "worker"):
            assert app.tear_down(role).status == 0
    assert set(load.answers) == {(200, "v1")}
    assert app.host.routes() == route
    assert taken.states() == {kamal.container("worker", "v1"): "running", kamal.container("web", "v1"): "running"}
    assert set(app.containers()) == set(taken.states())
    # Kamal can go on where it was.
    assert app.host.run("ls", f".kamal/apps/{app.name}").out.split() == ["audit.log", "env"]
    assert app.host.run("ls", ".kamal/proxy").out.split() == ["apps-config"]


def test_a_role_that_nobody_wants_and_kamals_lock_are_seen(taken: Taken) -> None:
    taken.kamal.deploy("v1", {"admin": ""}, web_host="")
    taken.kamal.lock("Somebody", "v1")
    taken.prepare("web")
    kamal = taken.facts().kamal
    assert kamal
    assert (
        KamalContainer(taken.kamal.container("admin", "v1"), "admin", "running", kamal.containers[0].since)
        in kamal.containers
    )
    assert kamal.lock == "Locked by: Somebody at 2026-11-30T12:00:00Z"
    taken.kamal.release_lock()
    assert getattr(taken.facts().kamal, "lock", None) == ""


def test_an_older_kamal_proxy_is_replaced_and_keeps_the_files_of_kamals_routes(bare_host: Host) -> None:
    """Without them kamal-proxy would start without any route."""
    host, app = bare_host, App(bare_host, f"k{next(NUMBERS)}")
    kamal = kamal_of(host, SERVICE, app.destination)
    older = PROXY.rpartition(":")[0] + ":v0.9.1"
    host.docker("tag", PROXY, older)
    try:
        kamal.boot_proxy(image=older)
        kamal.deploy("v1", {"web": ""}, web_host=app.web_host, error_pages=True)
        route = host.routes()
        app.prepare().result(Prepared)
        assert host.docker("inspect", "--format", "{{.Config.Image}}", "kamal-proxy") == PROXY
        assert host.routes() == route
        assert host.get(app.web_host) == (200, "v1")
    finally:
        app.clean_up()
        kamal.forget(["web"])
        host.docker("image", "rm", older)


def test_an_older_kamal_proxy_stays_where_kamal_has_deployed_another_app(bare_host: Host) -> None:
    host, app = bare_host, App(bare_host, f"k{next(NUMBERS)}")
    other = kamal_of(host, SERVICE, f"{app.destination}-other")
    older = PROXY.rpartition(":")[0] + ":v0.9.1"
    host.docker("tag", PROXY, older)
    try:
        other.boot_proxy(image=older)
        other.deploy("v1", {"web": ""}, web_host="other.test")
        said = app.prepare()
        assert said.result(Prepared).proxy == "kamal-proxy:v0.9.1"
        assert f"stays as it is, though proxy.run says otherwise: {other.prefix('web')} use it, too" in said.err
    finally:
        app.clean_up()
        other.forget(["web"])
        host.docker("rm", "--force", "kamal-proxy")
        host.docker("image", "rm", older)


def test_a_kamal_proxy_that_kamal_booted_with_other_options_is_replaced_only_by_a_setting(
    taken_with_options: Taken,
) -> None:
    app, host = taken_with_options.app, taken_with_options.app.host
    found = taken_with_options.facts().proxy
    assert found
    wanted = replace(RUN, log_max_size="20m", debug=True, options={"label": ("team=shop",), "memory": ("512m",)})
    assert differing_options(found, wanted) == []
    assert differing_options(found, RUN) == ["log_max_size", "debug"]
    route = host.routes()
    app.prepare(RUN).result(Prepared)
    assert taken_with_options.facts().proxy == found
    app.prepare(replace(RUN, replace=True)).result(Prepared)
    after = taken_with_options.facts().proxy
    assert after
    assert (after.id != found.id, after.options) == (True, {})
    assert host.docker("inspect", "--format", "{{.Config.Cmd}}", "kamal-proxy") == "[kamal-proxy run]"
    assert host.routes() == route
    assert host.get(app.web_host) == (200, "v1")


def test_a_maintenance_of_kamals_ends_with_the_switch(taken: Taken) -> None:
    app, kamal = taken.app, taken.kamal
    kamal.stop_requests("web")
    assert app.host.get(app.web_host)[0] == 503
    routes = taken.facts().routes
    assert routes
    assert routes[kamal.prefix("web")].state == "stopped"
    taken.prepare()
    app.release("v2")
    assert app.host.get(app.web_host) == (200, "v2")
