"""kamal-proxy's own container: booted, started again, or replaced."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Optional

from .docker.client import DockerError, docker_failed
from .docker.engine import Docker, timestamp
from .docker.run_words import option_words
from .errors import StepError
from .host_checks import check_disk
from .proxy.client import CONTAINER, ProxyError, ProxyMissingError, ProxyStoppedError, flag_value, leads_to
from .proxy_options import booted_with, differing_options
from .result import ProxyFacts, RouteFacts
from .spec import ProxyRunSpec
from .step.step import Step

REPLACED = "kamal-proxy-replaced"
"""The name of the old container while a new one takes over."""

KAMALS_FILES = "/home/kamal-proxy/.apps-config"
"""Where Kamal mounts certificates and error pages. A kamal-proxy that lacks a file of one route forgets all routes."""

ANSWER_LIMIT = 10
"""Seconds that kamal-proxy may take to answer after its start."""

STOP_TIMEOUT = 10
"""Seconds that kamal-proxy has to stop."""


def boot_proxy(step: Step, network: str, wanted: ProxyRunSpec, *, others: Callable[[], list[str]]) -> str:
    """See to it that kamal-proxy runs as the settings want it.

    Args:
        step: The step.
        network: The network that it shares with the apps.
        wanted: How it has to run.
        others: Finds what else uses it: apps of other owners on this host, and routes.

    Returns:
        The name and tag of the image that runs then.

    Raises:
        StepError: It does not run, or not at the ports that the settings want.
    """
    proxy = recover_replacement(step)
    short = _short(wanted.image)
    if proxy is None:
        step.say(f"booting {short}")
        _start_new(step, network, wanted)
        return short
    running, action = _short(proxy.image), boot_action(proxy, wanted, others=False)
    users = others() if action == "replace" else []
    action = boot_action(proxy, wanted, others=bool(users))
    if action == "replace":
        step.say(f"replacing kamal-proxy ({running}) by {short} with the options of the settings; its routes are kept")
        _replace(step, network, wanted)
        return short
    if action == "keep other":
        _check_ports(proxy, wanted, users)
        step.say(
            f"kamal-proxy ({running}) stays as it is, though proxy.run says otherwise: {', '.join(users)} use it, too"
        )
    if proxy.state != "running":
        _start_again(step)
    return running


def revive_proxy(step: Step) -> None:
    """Start kamal-proxy, which somebody has stopped, or whose replacement was killed half way.

    Raises:
        ProxyMissingError: It is not on this host.
        StepError: It does not start, or does not answer.
    """
    # Another step may just be replacing it.
    step.lock(step.folder.proxy_lock)
    proxy = recover_replacement(step)
    if proxy is None:
        raise ProxyMissingError("there is no container of kamal-proxy")
    if proxy.state != "running":
        _start_again(step)


def remove_route(step: Step, service: str) -> None:
    """Remove a route, if there is one. A kamal-proxy that was stopped is started for it: it remembers its routes.

    Raises:
        StepError: The route may still be there.
    """
    try:
        step.proxy.remove(service)
    except ProxyStoppedError:
        revive_proxy(step)
        step.proxy.remove(service)


def remove_own_route(step: Step, service: str, containers: Sequence[str]) -> None:
    """Remove a role's route, unless it leads to a container that is there and is none of the role's.

    Args:
        step: The step.
        service: The name of the route.
        containers: The ids of the role's containers.

    Raises:
        StepError: The route may still be there.
    """
    _remove_own(step, service, containers, known_routes(step))


def remove_all_routes(step: Step, service: str, containers: Sequence[str]) -> None:
    """Remove a role's route, and any other one to its containers: an exchange of routes that was interrupted leaves one.

    Args:
        step: The step.
        service: The name of the route.
        containers: The ids of the role's containers.

    Raises:
        StepError: A route may still be there.
    """
    routes = known_routes(step)
    _remove_own(step, service, containers, routes)
    for name, route in routes.items():
        if name != service and any(leads_to(container, route) for container in containers):
            remove_route(step, name)


def _remove_own(step: Step, service: str, containers: Sequence[str], routes: Mapping[str, RouteFacts]) -> None:
    route = routes.get(service)
    if route and _leads_to_others(step, route, containers):
        step.say(f"the route {service} stays: it leads to a container of another role")
    else:
        remove_route(step, service)


def known_routes(step: Step) -> dict[str, RouteFacts]:
    """Return all routes, none where nobody knows. A kamal-proxy that was stopped is started for it."""
    try:
        try:
            return step.proxy.routes()
        except ProxyStoppedError:
            revive_proxy(step)
            return step.proxy.routes()
    except ProxyError:
        return {}


def _leads_to_others(step: Step, route: RouteFacts, containers: Sequence[str]) -> bool:
    """Return whether a route leads to a container that is there and is none of these."""
    if any(leads_to(container, route) for container in containers):
        return False
    return bool(step.docker.inspect(*(target.partition(":")[0] for target in route.targets)))


def recover_replacement(step: Step) -> Optional[ProxyFacts]:
    """Finish or take back a replacement of kamal-proxy that was killed, and return the kamal-proxy that there is then.

    Needs the lock of kamal-proxy.
    """
    found = _find(step.docker)
    recovery = recovery_of(found.get(CONTAINER), found.get(REPLACED))
    if recovery:
        _recover(step, recovery, found)
        found = _find(step.docker)
    return found.get(CONTAINER)


def recovery_of(proxy: Optional[ProxyFacts], replaced: Optional[ProxyFacts]) -> str:
    """Decide what to do about a replacement that was interrupted.

    Returns:
        "finish" to remove the old container, as the new one runs; "restore" to bring the old one back; "" if there was none.
    """
    if replaced is None:
        return ""
    return "finish" if proxy and proxy.state == "running" else "restore"


def boot_action(proxy: ProxyFacts, wanted: ProxyRunSpec, *, others: bool) -> str:
    """Decide what to do about the kamal-proxy that is there.

    Args:
        proxy: The one that is there.
        wanted: How the settings want it.
        others: Whether apps of other owners use it. Then it is only replaced where the settings say so.

    Returns:
        "keep", "keep other" (than is wanted), or "replace".
    """
    same = proxy.boot == boot_hash(wanted) if proxy.boot else _kamals_serves(proxy, wanted)
    if proxy.image == wanted.image and same:
        return "keep"
    return "keep other" if others and not wanted.replace else "replace"


def _kamals_serves(proxy: ProxyFacts, wanted: ProxyRunSpec) -> bool:
    """Return whether a kamal-proxy that Kamal has booted is kept: with the ports it serves as well, with whatever options."""
    return not lacks_ports(proxy, wanted) and not (wanted.replace and differing_options(proxy, wanted))


def lacks_ports(proxy: ProxyFacts, wanted: ProxyRunSpec) -> bool:
    """Return whether a kamal-proxy does not have the ports that the settings want."""
    return not set(wanted.ports) <= set(proxy.ports)


def boot_hash(wanted: ProxyRunSpec) -> str:
    """Hash the options of kamal-proxy's container, for its label `boot`: the truth is where the container is.

    The hashed text is in the form of the first release, so that the proxies that it has booted are kept.
    """
    fields = {
        "image": wanted.image,
        "http_port": str(wanted.http_port),
        "https_port": str(wanted.https_port),
        "log_max_size": wanted.log_max_size,
    }
    # Only where they are set: a kamal-proxy of an earlier release is kept.
    added = {"publish": wanted.publish, "bind_ips": wanted.bind_ips, "run": " ".join(run_flags(wanted)) or None}
    fields.update({name: str(value) for name, value in added.items() if value is not None})
    for option, values in wanted.options.items():
        numbered = len(values) > 1
        fields.update({f"option.{option}" + (f".{n}" if numbered else ""): value for n, value in enumerate(values)})
    text = "".join(f"proxy.{name}: {_first_release_value(value)}\n" for name, value in fields.items())
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def proxy_words(network: str, wanted: ProxyRunSpec, kamals_files: str = "") -> list[str]:
    """Return the arguments of `docker create` for kamal-proxy, as Kamal has them.

    Args:
        network: The network that it shares with the apps.
        wanted: How it has to run.
        kamals_files: The folder of the host with certificates and error pages of routes that Kamal has deployed, "" for none.
    """
    return [
        *("--name", CONTAINER, "--network", network, "--restart", "unless-stopped"),
        *("--volume", "kamal-proxy-config:/home/kamal-proxy/.config/kamal-proxy"),
        *(("--volume", f"{kamals_files}:{KAMALS_FILES}") if kamals_files else ()),
        *_published(wanted),
        *("--log-opt", f"max-size={wanted.log_max_size}"),
        *("--label", "org.opencontainers.image.title=kamal-proxy", "--label", f"boot={boot_hash(wanted)}"),
        *option_words(wanted.options),
        wanted.image,
        # Without flags the image's own command, which is the same.
        *(("kamal-proxy", "run", *run_flags(wanted)) if run_flags(wanted) else ()),
    ]


def run_flags(wanted: ProxyRunSpec) -> list[str]:
    """Return the flags of `kamal-proxy run`."""
    flags = {"http3": wanted.http3, "metrics-port": wanted.metrics_port, "debug": wanted.debug}
    return [f"--{flag}={flag_value(value)}" for flag, value in flags.items() if value is not None]


def _published(wanted: ProxyRunSpec) -> list[str]:
    """Return the options that publish kamal-proxy's ports."""
    if wanted.publish is False:
        return []
    ports = [f"{wanted.http_port}:80", f"{wanted.https_port}:443"]
    ports += [f"{wanted.https_port}:443/udp"] if wanted.http3 else []
    addresses = [f"[{address}]:" if ":" in address else f"{address}:" for address in wanted.bind_ips or ()] or [""]
    return [word for address in addresses for port in ports for word in ("--publish", f"{address}{port}")]


def _check_ports(proxy: ProxyFacts, wanted: ProxyRunSpec, others: Sequence[str]) -> None:
    """Refuse a kamal-proxy that stays as it is and does not have the ports that the app's addresses have.

    Raises:
        StepError: It does not have them.
    """
    if lacks_ports(proxy, wanted):
        raise StepError(
            f"kamal-proxy has the ports {', '.join(map(str, proxy.ports))}, and proxy.run wants {wanted.http_port} and "
            f"{wanted.https_port}; {', '.join(others)} use it, too. Set the same ports, or replace it for all of them: "
            "pulumi config set --path deploy:proxy.run.replace true"
        )


def find_proxy(docker: Docker) -> Optional[ProxyFacts]:
    """Return the kamal-proxy that is there, None if there is none."""
    return _find(docker).get(CONTAINER)


def _find(docker: Docker) -> dict[str, ProxyFacts]:
    return {data["Name"].lstrip("/"): proxy_facts(data) for data in docker.inspect(CONTAINER, REPLACED)}


def proxy_facts(data: Mapping[str, Any]) -> ProxyFacts:
    """Return what `docker inspect` says of a container of kamal-proxy."""
    config, state = data["Config"], data["State"]
    bindings = (data["HostConfig"].get("PortBindings") or {}).values()
    boot = (config.get("Labels") or {}).get("boot", "")
    return ProxyFacts(
        id=data["Id"][:12],
        state=state["Status"],
        since=timestamp(state["StartedAt" if state["Running"] else "FinishedAt"]),
        image=config["Image"],
        boot=boot,
        ports=tuple(
            sorted({int(each["HostPort"]) for ports in bindings for each in ports or () if each["HostPort"].isdigit()})
        ),
        options={} if boot else booted_with(data),
    )


def _recover(step: Step, recovery: str, found: Mapping[str, ProxyFacts]) -> None:
    step.say("an interrupted replacement of kamal-proxy is " + ("finished" if recovery == "finish" else "taken back"))
    if recovery == "finish":
        step.docker.containers.remove([REPLACED])
        return
    if CONTAINER in found:
        step.docker.containers.remove([CONTAINER])
    step.docker.containers.rename(REPLACED, CONTAINER)


def _start_again(step: Step) -> None:
    step.say("kamal-proxy was stopped: starting it")
    try:
        step.docker.containers.start([CONTAINER])
    except DockerError as error:
        raise _not_started(step, error) from None
    await_answer(step)


def _start_new(step: Step, network: str, wanted: ProxyRunSpec) -> None:
    _pull(step, wanted.image)
    with step.undo() as undo:
        undo.add(_remove_half_made, step)
        _create(step, network, wanted)
        _start(step, wanted)


def _replace(step: Step, network: str, wanted: ProxyRunSpec) -> None:
    """Replace kamal-proxy. The new container is ready to start before the old one stops."""
    _pull(step, wanted.image)
    with step.undo() as undo:
        undo.add(_bring_old_back, step)
        step.docker.containers.rename(CONTAINER, REPLACED)
        _create(step, network, wanted)
        step.wait_for("the old kamal-proxy to stop")
        step.docker.containers.stop([REPLACED], STOP_TIMEOUT)
        _start(step, wanted)
    step.docker.containers.remove([REPLACED])


def _remove_half_made(step: Step) -> None:
    step.docker.run("rm", "--force", CONTAINER, check=False)


def _bring_old_back(step: Step) -> None:
    if REPLACED not in _find(step.docker):
        return
    _remove_half_made(step)
    step.docker.containers.rename(REPLACED, CONTAINER)
    step.docker.containers.start([CONTAINER])
    step.say("the old kamal-proxy runs again")


def _pull(step: Step, image: str) -> None:
    if step.docker.images.find(image):
        return
    check_disk(step)
    step.wait_for(f"the pull of {image}")
    step.say(f"pulling {image}")
    try:
        step.docker.run("pull", "--quiet", image)
    except DockerError as error:
        remedy = "Check its name and this host's way to the registry."
        raise docker_failed(f"{image} could not be pulled on {step.machine}. {remedy}", error) from None


def _create(step: Step, network: str, wanted: ProxyRunSpec) -> None:
    try:
        step.docker.run("create", *proxy_words(network, wanted, _kamals_files(step)))
    except DockerError as error:
        message = f"kamal-proxy could not be created on {step.machine}. Check proxy.run of the settings."
        raise docker_failed(message, error) from None


def _kamals_files(step: Step) -> str:
    """Return the folder that the kamal-proxy before had for Kamal's routes, or that Kamal has made for it, "" for none."""
    for data in step.docker.inspect(REPLACED):
        for mount in data.get("Mounts") or ():
            if mount.get("Destination") == KAMALS_FILES and mount.get("Type") == "bind":
                return str(mount["Source"])
    folder = step.folder.kamal / "proxy" / "apps-config"
    return str(folder.absolute()) if folder.is_dir() else ""


def _start(step: Step, wanted: ProxyRunSpec) -> None:
    try:
        step.docker.containers.start([CONTAINER])
    except DockerError as error:
        port = _taken_port(error, wanted)
        if port is None:
            raise _not_started(step, error) from None
        raise StepError(
            f"port {port} of {step.machine} is taken{_holder_of(step.docker, port)}. Free it, or choose another "
            "port in proxy.run, then deploy again."
        ) from None
    await_answer(step)


def _taken_port(error: DockerError, wanted: ProxyRunSpec) -> Optional[int]:
    """Return the port for whose sake Docker has refused to start kamal-proxy, None if it was something else."""
    return next((port for port in wanted.ports if re.search(rf":{port}\b.*(already|in use)", str(error))), None)


def _not_started(step: Step, error: DockerError) -> StepError:
    return docker_failed(f"kamal-proxy did not start on {step.machine}.", error)


def _holder_of(docker: Docker, port: int) -> str:
    """Return " by …" if it can be told who has a port of the host."""
    for container in docker.containers.publishing(port):
        return f" by the container {container.name}"
    try:
        listed = subprocess.run(["ss", "-Hltnp", f"sport = :{port}"], capture_output=True, text=True)
    except OSError:
        return ""
    found = re.search(r'users:\(\("([^"]*)",pid=(\d+)', listed.stdout)
    return f" by {found[1]} (process {found[2]})" if found else ""


def await_answer(step: Step) -> dict[str, RouteFacts]:
    """Wait until kamal-proxy answers, as it has to read its routes first, and return them: none where there is no kamal-proxy.

    One that has ended is started again: after `docker kill` the engine does not do that.

    Raises:
        StepError: It did not answer in time.
    """
    step.wait_for("kamal-proxy to answer")
    deadline = time.monotonic() + ANSWER_LIMIT
    while True:
        try:
            return step.proxy.routes()
        except ProxyStoppedError:
            step.docker.run("start", CONTAINER, check=False)
        except ProxyMissingError:
            return {}
        except ProxyError:
            pass
        if time.monotonic() > deadline:
            words = " ".join(step.docker.containers.logs(CONTAINER, 3))
            raise StepError(f"kamal-proxy does not answer within {ANSWER_LIMIT} s. Its last log lines: {words}")
        time.sleep(0.1)


def _short(image: str) -> str:
    return image.rpartition("/")[2]


def _first_release_value(value: str) -> str:
    if value.isprintable() and '"' not in value and "\\" not in value:
        return f'"{value}"'
    return f"!!binary {base64.b64encode(value.encode()).decode()}"
