"""remove, of the last app on a host."""

from tests.host.docker_host import App, Host
from tests.host.docker_shim import docker_replaced_by


def test_the_last_app_takes_kamal_proxy_with_it_but_not_its_certificates(host: Host, only_app: App) -> None:
    only_app.release("v1")
    assert only_app.tear_down("web").status == 0
    assert host.docker("ps", "--all", "--quiet") == ""
    assert host.docker("network", "ls", "--quiet", "--filter", "name=^kamal$") == ""
    assert "kamal-proxy-config" in host.docker("volume", "ls", "--quiet").split()
    assert host.run("ls", ".kamal").status != 0


def test_kamal_proxy_stays_while_it_routes_to_something_else(host: Host, only_app: App) -> None:
    only_app.release("v1")
    other = host.docker("run", "--detach", "--network", "kamal", host.images["v1"]).strip()
    target = f"{other[:12]}:80"
    host.docker("exec", "kamal-proxy", "kamal-proxy", "deploy", "else", "--target", target, "--host", "else.test")
    result = only_app.tear_down("web")
    assert "it routes to others" in result.err
    assert host.routes() == {"else": target}
    host.docker("exec", "kamal-proxy", "kamal-proxy", "remove", "else")
    host.docker("rm", "--force", other)


def test_kamal_proxy_stays_where_it_does_not_say_what_it_routes_to(host: Host, only_app: App) -> None:
    only_app.release("v1")
    silent = docker_replaced_by('case "$*" in *"kamal-proxy list") exit 1 ;; esac; exec $docker "$@"')
    result = only_app.tear_down("web", before=silent)
    assert result.status == 0
    assert "kamal-proxy stays: it does not say whether it routes to others" in result.err
    assert host.docker("ps", "--format", "{{.Names}}") == "kamal-proxy"
    assert host.run("ls", ".kamal").status != 0
