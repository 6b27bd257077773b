"""The health check of a candidate: what the app sees of it, and when it counts as passed."""

import shlex

import pytest

from components.host_tool.result import Running, StartedCandidate
from tests.host.docker_host import App, Host

OK = 'printf "Content-Type: text/plain\\n\\nok"'


def web_app(port: int = 80, **scripts: str) -> tuple[str, ...]:
    """The command of a container that serves CGI scripts: name to script, at /cgi-bin/NAME."""
    lines = ["mkdir -p /www/cgi-bin"]
    for name, script in scripts.items():
        lines.append(f"printf '#!/bin/sh\\n%s\\n' {shlex.quote(script)} >/www/cgi-bin/{name}")
    lines += ["chmod +x /www/cgi-bin/*", f"httpd -f -p {port} -h /www &", "trap 'kill $!; exit 0' TERM", "wait $!"]
    return ("sh", "-c", "\n".join(lines))


def redirect(location: str) -> str:
    """A CGI script that redirects to `location`, in which variables are replaced."""
    return f'printf "Status: 302 Found\\nLocation: %s\\n\\n" "{location}"'


@pytest.mark.parametrize("script", ["up", "relative", "absolute"])
def test_the_app_cannot_tell_the_probe_from_kamal_proxys(app: App, host: Host, script: str) -> None:
    app.log_in()
    cmd = web_app(
        8080,
        up='echo "$REQUEST_METHOD $HTTP_HOST $HTTP_USER_AGENT" >>/asked\n' + OK,
        relative=redirect("/cgi-bin/up"),
        absolute=redirect("http://$HTTP_HOST/cgi-bin/up"),
    )
    path = f"/cgi-bin/{script}"
    release = app.candidate_release("v1", cmd=cmd, path=path, app_port=8080)
    (name,) = app.containers()
    asked = host.docker("exec", name, "cat", "/asked").splitlines()
    host.docker("exec", name, "rm", "/asked")
    app.switch("v1", release, path=path, app_port=8080).result(Running)
    assert set(host.docker("exec", name, "cat", "/asked").splitlines()) == set(asked)
    container_id = host.docker("inspect", "--format", "{{.Id}}", name)[:12]
    assert asked == [f"GET {container_id}:8080 kamal-proxy"]


def test_the_checks_of_both_have_a_port_and_a_host_name_of_the_settings(app: App, host: Host) -> None:
    app.log_in()
    cmd = web_app(8080, up='echo "$HTTP_HOST" >>/asked\n' + OK)
    check = {"port": 8080, "host": "health.test"}
    # Nothing listens at the app's own port.
    release = app.candidate_release("v1", cmd=cmd, path="/cgi-bin/up", check=check)
    app.switch("v1", release, path="/cgi-bin/up", check=check).result(Running)
    (name,) = app.containers()
    asked = host.docker("exec", name, "cat", "/asked").splitlines()
    assert len(asked) >= 2
    assert set(asked) == {"health.test"}


@pytest.mark.parametrize(
    ("script", "answer"),
    [
        ('printf "Status: 204 No Content\\n\\n"', ""),
        ('printf "Status: 500 Internal Server Error\\n\\n"', "status 500"),
        (redirect("/missing"), "status 404"),
    ],
    ids=["2xx", "5xx", "redirect to 404"],
)
def test_any_2xx_status_is_healthy_and_no_other(app: App, script: str, answer: str) -> None:
    app.log_in()
    result = app.candidate("v1", cmd=web_app(up=script), path="/cgi-bin/up", deploy_timeout=2)
    if answer:
        assert answer in result.failure
    else:
        result.result(StartedCandidate)


def test_the_end_of_a_container_is_seen_at_once(app: App) -> None:
    app.log_in()
    cmd = ("sh", "-c", "sleep 1; exit 3")
    result = app.candidate("v1", cmd=cmd, options={"restart": ("no",)}, deploy_timeout=40)
    assert "ended before it was healthy" in result.failure
    assert result.seconds < 10


def test_an_app_that_is_healthy_after_some_restarts_by_docker_passes(app: App, host: Host) -> None:
    app.log_in()
    third_time = 'echo start >>/starts; [ "$(wc -l </starts)" -ge 3 ] && exec sh /serve.sh; sleep 0.3; exit 1'
    app.candidate_release("v1", cmd=("sh", "-c", third_time), deploy_timeout=20)
    (name,) = app.containers()
    assert host.docker("inspect", "--format", "{{.State.Running}} {{.RestartCount}}", name) == "true 2"
