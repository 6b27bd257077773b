"""Maintenance and error pages, as a real kamal-proxy answers with them."""

import urllib.error
import urllib.request

import pytest

from components.host_tool.result import Running
from tests.host.docker_host import App, Host

PAGES = {"503.html": "<p>Pause: {{ .Message }}</p>\r\n", "404.html": "<p>né</p>"}


def body_of_503(host: Host, app: App) -> str:
    """The body of an answer with the status 503."""
    request = urllib.request.Request(f"http://{host.address}/version", headers={"Host": app.web_host})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=5)
    assert caught.value.code == 503
    return caught.value.read().decode()


def test_maintenance_has_the_apps_page_and_message_until_it_is_turned_off(app: App, host: Host) -> None:
    app.log_in()
    release = app.candidate_release("v1")
    first = app.switch("v1", release, error_pages=PAGES).result(Running)
    assert host.get(app.web_host) == (200, "v1")
    on = app.switch("v1", release, error_pages=PAGES, maintenance="back at <noon>").result(Running)
    assert on == first
    assert body_of_503(host, app) == "<p>Pause: back at &lt;noon&gt;</p>\r\n"
    # A load balancer in front goes on asking.
    assert host.get(app.web_host, "/up")[0] == 200
    newer = app.candidate_release("v2")
    app.switch("v2", newer, error_pages={"503.html": "<p>v2: {{ .Message }}</p>"}, maintenance="soon").result(Running)
    assert body_of_503(host, app) == "<p>v2: soon</p>"
    app.switch("v2", newer).result(Running)
    assert host.get(app.web_host) == (200, "v2")


def test_an_app_that_is_ill_can_be_put_in_maintenance_and_not_out_of_it(app: App, host: Host) -> None:
    app.log_in()
    release = app.candidate_release("v1")
    app.switch("v1", release).result(Running)
    (name,) = app.containers()
    host.docker("exec", name, "rm", "/www/up")
    app.switch("v1", release, maintenance="").result(Running)
    assert host.get(app.web_host)[0] == 503
    assert "did not become healthy within 1 s" in app.switch("v1", release, deploy_timeout=1).failure
    assert host.get(app.web_host)[0] == 503
    host.docker("exec", name, "touch", "/www/up")
    app.switch("v1", release).result(Running)
    assert host.get(app.web_host) == (200, "v1")


def test_a_page_that_is_no_template_is_refused_and_the_old_version_serves(app: App, host: Host) -> None:
    app.release("v1")
    newer = app.candidate_release("v2")
    failure = app.switch("v2", newer, error_pages={"503.html": "{{ oops"}).failure
    assert "refused by kamal-proxy: unable to load error pages. They are templates of Go (html/template)" in failure
    assert host.get(app.web_host) == (200, "v1")
