"""The health check of a candidate."""

import socket

import pytest

from components.host_tool.docker.container_state import ContainerState
from components.host_tool.release.health import has_process, pause_after
from components.host_tool.release.http_probe import ask
from components.host_tool.spec import HealthcheckSpec, ProbeSpec

from .conftest import FakeApp

CONTAINER = "0123456789ab"
RUNNING = ContainerState("running", address="127.0.0.1")


def probe(port: int, path: str = "/up") -> ProbeSpec:
    return ProbeSpec(port, HealthcheckSpec(path, 1, 1))


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        *((200, ""), (204, ""), (299, "")),
        *((302, ""), (304, "status 304")),
        *((404, "status 404"), (500, "status 500"), (503, "status 503")),
    ],
)
def test_any_2xx_status_is_healthy_and_redirects_are_followed(app: FakeApp, status: int, answer: str) -> None:
    app.status = status
    assert ask(CONTAINER, RUNNING, probe(app.port), 5) == answer


def test_the_probe_asks_as_kamal_proxy_does(app: FakeApp) -> None:
    ask(CONTAINER, RUNNING, probe(app.port, "/health?full=1"), 5)
    assert app.requests == [("/health?full=1", f"{CONTAINER}:{app.port}", "kamal-proxy")]


def test_the_probe_has_a_port_and_a_host_name_of_the_settings(app: FakeApp) -> None:
    asked = ProbeSpec(1, HealthcheckSpec("/up", 1, 1, port=app.port, host="health.test"))
    assert ask(CONTAINER, RUNNING, asked, 5) == ""
    assert app.requests == [("/up", "health.test", "kamal-proxy")]


@pytest.mark.parametrize(
    ("location", "host"), [("/elsewhere", "health.test"), (f"http://{CONTAINER}:PORT/elsewhere", f"{CONTAINER}:PORT")]
)
def test_a_redirect_to_another_host_gets_no_host_name_of_the_settings(app: FakeApp, location: str, host: str) -> None:
    app.status, app.location = 302, location.replace("PORT", str(app.port))
    asked = ProbeSpec(app.port, HealthcheckSpec("/up", 1, 1, host="health.test"))
    assert ask(CONTAINER, RUNNING, asked, 5) == ""
    assert [asked_for for _, asked_for, _ in app.requests] == ["health.test", host.replace("PORT", str(app.port))]


def test_the_proxy_variables_of_the_host_are_not_for_the_probe(app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert ask(CONTAINER, RUNNING, probe(app.port), 5) == ""


def test_a_port_that_nobody_listens_on_is_told() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert ask(CONTAINER, RUNNING, probe(unused.getsockname()[1]), 5) == "connection refused"


def test_an_app_that_does_not_answer_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert ask(CONTAINER, RUNNING, probe(silent.getsockname()[1]), 0.1) == "no answer in time"


def test_a_container_without_an_address_is_told() -> None:
    assert ask(CONTAINER, ContainerState("exited"), probe(80), 5) == "no address: it does not run"


def test_a_container_that_has_ended_has_no_process() -> None:
    assert not has_process(ContainerState("exited", pid=0))


@pytest.mark.parametrize(
    ("elapsed", "interval", "pause"),
    [(0, 1, 0.1), (0.5, 1, 0.1), (2, 1, 0.2), (5, 1, 0.5), (60, 1, 1), (60, 3, 3), (0, 0, 0)],
)
def test_the_pause_between_probes_grows_to_the_interval_of_the_settings(
    elapsed: float, interval: int, pause: float
) -> None:
    assert pause_after(elapsed, HealthcheckSpec("/up", interval, 5)) == pytest.approx(pause)
