"""inspect on a real host: what there is, and nothing is changed."""

import subprocess

from components.host_tool.json_codec import to_json
from components.host_tool.program import inspect_words, packed_program
from components.host_tool.result import ContainerFacts, HostFacts
from components.host_tool.spec import InspectSpec
from tests.host.docker_host import App, Host, Result, wait_until

# Holds a lock as a step does, until its standard input ends.
HOLD = """
import fcntl, os, sys
file = open(sys.argv[1], "a+")
fcntl.flock(file, fcntl.LOCK_EX)
file.truncate(0)
file.write(f"switch of shop, process {os.getpid()}")
file.flush()
print("held", flush=True)
sys.stdin.read()
"""


def look(host: Host, name: str, *ports: int, before: tuple[str, ...] = ()) -> Result:
    """Look at the host as the deployer does, before the app is installed as well."""
    spec = to_json(InspectSpec("kamal", ports))
    return host.run(*before, *inspect_words(name), stdin=f"{spec}\n{packed_program()}\n")


def facts(app: App, *ports: int) -> HostFacts:
    return look(app.host, app.name, *ports).result(HostFacts)


def container(app: App) -> ContainerFacts:
    found = facts(app).roles["web"].container
    assert found
    return found


def everything(app: App) -> tuple[object, ...]:
    """All files with the times of their last change, and all that Docker and kamal-proxy have."""
    host = app.host
    return (
        host.run("find", ".", "-printf", "%p %s %T@ %C@ %m\n").out,
        host.docker("ps", "--all", "--no-trunc", "--format", "{{.ID}} {{.Names}} {{.State}}"),
        # Docker lists images of the same second in any order.
        sorted(
            host.docker(
                "image", "ls", "--all", "--no-trunc", "--format", "{{.ID}} {{.Repository}} {{.Tag}}"
            ).splitlines()
        ),
        host.docker("network", "ls", "--no-trunc"),
        host.docker("volume", "ls"),
        host.routes(),
    )


def test_it_says_what_runs_and_changes_nothing(app: App) -> None:
    web = app.release("v1")
    worker = app.release("v2", "worker")
    before = everything(app)
    found = facts(app, 80, 443)
    assert everything(app) == before
    assert (found.docker_problem, found.tool, found.prepared, found.network, found.login) == (
        "",
        True,
        True,
        True,
        True,
    )
    for name, running in (("web", web), ("worker", worker)):
        role = found.roles[name]
        assert role.container
        assert (role.current, role.version, role.strays, role.kept) == (running.release, running.version, (), ())
        assert (role.container.id, role.container.since, role.container.routed) == (
            running.container_id[:12],
            running.since,
            name == "web",
        )
    assert found.versions == {version: app.host.images[version].partition("@")[2] for version in ("v1", "v2")}
    assert found.proxy
    assert (found.proxy.state, found.proxy.ports, found.taken_ports) == ("running", (80, 443), {})
    assert found.free_mb
    assert app.name in [each.app for each in found.apps]
    assert found.held_locks == ()


def test_a_host_that_does_not_know_the_app_is_looked_at_from_memory(app: App, host: Host) -> None:
    before = everything(app)
    found = look(host, "unknown").result(HostFacts)
    assert everything(app) == before
    assert (found.tool, found.prepared, found.roles, found.docker_problem) == (False, False, {}, "")
    assert found.network
    assert app.name in [each.app for each in found.apps]


def test_it_tells_of_a_route_that_is_lost_and_of_a_container_that_has_stopped_or_is_gone(app: App, host: Host) -> None:
    running = app.release("v1")
    host.docker("exec", "kamal-proxy", "kamal-proxy", "remove", app.prefix())
    assert (container(app).state, container(app).routed) == ("running", False)
    host.docker("stop", "--time", "1", running.container)
    stopped = container(app)
    assert stopped.state == "exited"
    assert stopped.since >= running.since
    host.docker("rm", running.container)
    role = facts(app).roles["web"]
    assert (role.container, role.current, role.version) == (None, running.release, "v1")


def test_it_tells_of_an_old_container_that_runs_again(app: App, host: Host) -> None:
    old = app.release("v1")
    app.release("v2")
    assert facts(app).roles["web"].kept == ("v1",)
    host.docker("start", old.container)
    role = facts(app).roles["web"]
    assert [(each.id, each.version, each.routed) for each in role.strays] == [(old.container_id[:12], "v1", False)]
    assert role.kept == ()


def test_it_tells_of_a_kamal_proxy_that_was_stopped(app: App, host: Host) -> None:
    host.docker("stop", "kamal-proxy")
    try:
        found = facts(app)
    finally:
        host.docker("start", "kamal-proxy")
    assert found.proxy
    assert (found.proxy.state, found.routes) == ("exited", None)
    wait_until(lambda: facts(app).routes is not None)


def test_it_tells_which_container_or_program_has_a_port(app: App, host: Host) -> None:
    running = app.release("v1", options={"publish": ("8081:80",)})
    assert facts(app, 8080, 8081, host_port(host)).taken_ports == {
        "8081": f"the container {running.container}",
        str(host_port(host)): "another program",
    }


def host_port(host: Host) -> int:
    """The port of the host's SSH server."""
    return next(entry.port for entry in host.sandbox.inventory().hosts if entry.name == host.name)


def test_it_tells_of_a_lock_that_is_held_and_does_not_wait_for_it(app: App, host: Host) -> None:
    app.release("v1")
    lock = f"{app.home}/roles/web/lock"
    with subprocess.Popen(
        host.command("python3", "-c", HOLD, lock), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        [held] = facts(app).held_locks
        holder.communicate()
    assert held.startswith(f"the lock {lock} is held by switch of shop, process ")
    assert facts(app).held_locks == ()


def test_it_tells_that_docker_does_not_answer(app: App, host: Host) -> None:
    app.release("v1")
    found = look(host, app.name, before=("env", "DOCKER_HOST=unix:///run/no-docker.sock")).result(HostFacts)
    assert "the Docker daemon on " in found.docker_problem
    assert "does not answer. Start it there" in found.docker_problem
    assert (found.free_mb, found.routes, found.roles["web"].version) == (None, None, "v1")
