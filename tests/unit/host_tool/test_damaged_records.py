"""A damaged record of another app keeps no deploy from the host; one of the app itself is named, with what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from components.host_tool.errors import StepError
from components.host_tool.ownership import used_by_others
from components.host_tool.records.app_folder import AppFolder
from components.host_tool.records.apps import other_app_facts
from components.host_tool.result import HostFacts
from components.host_tool.spec import InspectSpec
from components.host_tool.verbs import inspect

from .fake_host import OWNER, ROLE, STRANGER, FakeHost

FIRST_RELEASE_NAMES = 'role: "web"\n'


def directory(path: Path) -> None:
    """Put something in a file's place that nobody can read, root included."""
    path.unlink()
    path.mkdir()


DAMAGE: dict[str, Callable[[Path], object]] = {
    "broken JSON": lambda path: path.write_text("{"),
    "another type": lambda path: path.write_text("[]"),
    "no text": lambda path: path.write_bytes(b"\xff"),
    "not readable": directory,
}


@pytest.fixture
def blog(host: FakeHost) -> FakeHost:
    """Another owner's app on the same host, with requests of its own."""
    blog = host.but(service="blog", owner=STRANGER, hosts=("blog.test",))
    blog.prepare()
    blog.release("v1")
    return blog


@pytest.fixture(params=list(DAMAGE.values()), ids=list(DAMAGE))
def damage(request: pytest.FixtureRequest) -> Callable[[Path], object]:
    """What happens to a file."""
    found: Callable[[Path], object] = request.param
    return found


def look(host: FakeHost) -> HostFacts:
    return host.run("inspect", lambda step: inspect.run(step, InspectSpec("kamal", ())))


@pytest.mark.parametrize("path", ["app.json", "roles/web/role.json"])
def test_the_look_prepare_and_a_release_go_on(
    host: FakeHost, blog: FakeHost, path: str, damage: Callable[[Path], object]
) -> None:
    damage(blog.folder.path / path)
    host.prepare()
    host.release("v1")
    shop, other = look(host).apps
    assert (shop.app, shop.damaged) == ("shop", {})
    assert list(other.damaged) == [str(blog.folder.path / path)]
    assert other.prefixes == {ROLE: "blog-web"}
    assert host.routed_version() == "v1"
    assert set(host.docker.routes) == {"shop-web", "blog-web"}


def test_its_route_is_still_not_taken_over(host: FakeHost, blog: FakeHost) -> None:
    (blog.folder.path / "app.json").write_text("{")
    with pytest.raises(
        StepError, match="routed to blog-web, role web of the app blog of a stack that nobody has noted"
    ):
        host.but(hosts=("blog.test",)).release("v1")


def test_kamal_proxy_stays_for_an_app_of_which_nothing_can_be_read(host: FakeHost, blog: FakeHost) -> None:
    for path in ("app.json", "roles/web/role.json"):
        (blog.folder.path / path).write_text("{")
    found = look(host).apps
    assert found[1].prefixes == {}
    assert used_by_others("shop", OWNER, found) == ["blog"]


def test_what_the_first_release_has_noted_of_another_app_may_be_damaged(host: FakeHost) -> None:
    other = AppFolder("old", host.folder.kamal)
    names = other.role("web").path / "names"
    names.parent.mkdir(parents=True)
    names.write_text(FIRST_RELEASE_NAMES)
    assert other_app_facts(other).damaged == {str(names): "is damaged (it lacks 'service')"}
    host.prepare()
    host.release("v1")


@pytest.mark.parametrize("path", ["roles/web/role.json", "app.json"])
def test_one_of_the_app_itself_is_named_with_what_to_do(
    host: FakeHost, path: str, damage: Callable[[Path], object]
) -> None:
    host.release("v1")
    damage(host.folder.path / path)
    named = rf"the file ~/.*{path} (is damaged|cannot be read) \(.*\)\. Remove it there, then deploy again\.$"
    for call in (look, FakeHost.prepare, FakeHost.tear_down):
        with pytest.raises(StepError, match=named):
            call(host)


def test_damaged_secrets_are_named_and_not_shown(host: FakeHost) -> None:
    kept = host.keep_secrets({"TOKEN": "hush"})
    path = host.folder.role(ROLE).path / "secrets" / kept
    path.write_text(path.read_text().rstrip("}"))
    with pytest.raises(StepError, match=rf"secrets/{kept} is damaged .* Remove it there") as caught:
        host.candidate("v1", kept)
    assert "hush" not in str(caught.value)


def test_what_is_removed_as_told_is_put_right_by_the_next_deploy(host: FakeHost) -> None:
    host.release("v1")
    for path in ("app.json", "host.json", "versions.json", "roles/web/role.json"):
        (host.folder.path / path).unlink()
    host.prepare()
    host.release("v1")
    assert host.docker.states() == {"v1": "running"}
    assert host.routed_version() == "v1"
