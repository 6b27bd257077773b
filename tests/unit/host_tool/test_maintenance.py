"""Maintenance, which kamal-proxy keeps through a deploy, and error pages."""

import pytest

from components.host_tool.errors import StepError

from .fake_host import SERVICE, FakeHost
from .test_certificate import DEPLOY, flags

STOP = ("exec", "kamal-proxy", "kamal-proxy", "stop")
RESUME = ("exec", "kamal-proxy", "kamal-proxy", "resume")
PAGES = {"503.html": "<p>{{ .Message }}</p>", "404.html": "<p>nothing</p>"}


def calls(host: FakeHost, words: tuple[str, ...]) -> int:
    return sum(called[: len(words)] == words for called in host.docker.calls)


def test_maintenance_is_turned_on_and_off_without_another_container(host: FakeHost) -> None:
    before = host.release("v1")
    host.maintenance = "back at noon"
    assert host.switch("v1", before.release) == before
    assert host.docker.stopped == {SERVICE: "back at noon"}
    host.maintenance = None
    assert host.switch("v1", before.release) == before
    assert host.docker.stopped == {}


def test_a_deploy_in_maintenance_stays_in_maintenance(host: FakeHost) -> None:
    host.maintenance = ""
    host.release("v1")
    host.release("v2")
    assert (host.routed_version(), host.docker.stopped) == ("v2", {SERVICE: ""})
    assert calls(host, RESUME) == 0


def test_a_new_version_is_switched_to_before_the_maintenance_ends(host: FakeHost) -> None:
    host.maintenance = ""
    host.release("v1")
    host.maintenance = None
    host.release("v2")
    words = [called[:4] for called in host.docker.calls if called[:4] in (DEPLOY, RESUME)]
    assert words[-2:] == [DEPLOY, RESUME]


def test_a_deploy_without_maintenance_neither_stops_nor_resumes(host: FakeHost) -> None:
    host.release("v1")
    host.release("v2")
    assert calls(host, STOP) == calls(host, RESUME) == 0


def test_an_app_that_is_ill_can_be_put_in_maintenance(host: FakeHost) -> None:
    before = host.release("v1")
    host.maintenance = ""
    host.switch("v1", before.release)
    # kamal-proxy makes no health check then. A new version has to be healthy as ever.
    assert "--force" in flags(host)
    host.release("v2")
    assert "--force" not in flags(host)


@pytest.mark.parametrize(("maintenance", "verb", "word"), [("", STOP, "on"), (None, RESUME, "off")])
def test_a_maintenance_that_kamal_proxy_does_not_confirm_fails(
    host: FakeHost, maintenance: str | None, verb: tuple[str, ...], word: str
) -> None:
    host.maintenance = None if maintenance == "" else ""
    before = host.release("v1")
    host.maintenance = maintenance
    host.docker.fail(*verb, said="Error: unexpected EOF\n")
    with pytest.raises(StepError, match=f"the maintenance of role web was not turned {word}: .* Deploy again"):
        host.switch("v1", before.release)
    # Running the step again does what is missing.
    host.switch("v1", before.release)
    assert (SERVICE in host.docker.stopped) == (word == "on")


def test_error_pages_are_given_to_kamal_proxy_and_go_with_the_version_that_has_them(host: FakeHost) -> None:
    host.error_pages = PAGES
    host.release("v1")
    folder = flags(host)["--error-pages"].partition("kamal-proxy/.config/kamal-proxy/")[2]
    assert host.docker.files == {f"{folder}/{name}": text for name, text in PAGES.items()}
    host.error_pages = {"503.html": "new"}
    host.release("v2")
    assert list(host.docker.files.values()) == ["new"]
    host.error_pages = None
    host.release("v3")
    assert host.docker.files == {}


def test_error_pages_that_are_no_templates_say_what_to_look_for(host: FakeHost) -> None:
    host.error_pages = {"503.html": "{{ oops"}
    release = host.candidate("v1").release
    host.docker.fail(*DEPLOY, said="Error: unable to load error pages\n")
    with pytest.raises(
        StepError, match=r"refused by kamal-proxy: unable to load error pages. They are templates of Go"
    ):
        host.switch("v1", release)
