"""What kamal-proxy was booted with, as far as it can be read back: a kamal-proxy of Kamal's has no hash of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .result import ProxyFacts
from .spec import ProxyRunSpec

ALL_ADDRESSES = ("", "0.0.0.0", "::")  # noqa: S104

Options = dict[str, tuple[str, ...]]


def booted_with(data: Mapping[str, Any]) -> Options:
    """Return what `docker inspect` says of the options of a container of kamal-proxy, by their names in `proxy.run`.

    Docker tells how labels, variables, mounts and host names were given. Of other options of `docker run` it does not.
    """
    config, host = data["Config"], data["HostConfig"]
    bindings = [each for bound in (host.get("PortBindings") or {}).values() for each in bound or ()]
    addresses = {each.get("HostIp") or "" for each in bindings}
    return {
        "log_max_size": _known((host.get("LogConfig", {}).get("Config") or {}).get("max-size")),
        "publish": ("true" if bindings else "false",),
        "bind_ips": tuple(sorted(addresses.difference(ALL_ADDRESSES))),
        **{name: _known(value) for name, value in _flags(config.get("Cmd") or ()).items()},
        "options.label": tuple(f"{name}={value}" for name, value in (config.get("Labels") or {}).items()),
        "options.env": tuple(config.get("Env") or ()),
        "options.volume": tuple(host.get("Binds") or ()),
        "options.add-host": tuple(host.get("ExtraHosts") or ()),
    }


def differing_options(proxy: ProxyFacts, wanted: ProxyRunSpec) -> list[str]:
    """Return the keys of `proxy.run` of which a kamal-proxy that Kamal has booted has other values, as far as they are known.

    Args:
        proxy: The one that is there.
        wanted: How the settings want it.
    """
    return [name for name, values in _wanted(wanted) if name in proxy.options and _differs(proxy, name, values)]


def _differs(proxy: ProxyFacts, name: str, values: Sequence[str]) -> bool:
    there = proxy.options[name]
    # A container has labels, variables and mounts that nobody has given it.
    return not set(values) <= set(there) if name.startswith("options.") else tuple(values) != there


def _wanted(wanted: ProxyRunSpec) -> Iterator[tuple[str, Sequence[str]]]:
    yield "log_max_size", (wanted.log_max_size,)
    yield "publish", ("false" if wanted.publish is False else "true",)
    yield "bind_ips", sorted(set(wanted.bind_ips or ()).difference(ALL_ADDRESSES))
    yield "debug", _known("true" if wanted.debug else None)
    yield "http3", _known("true" if wanted.http3 else None)
    yield "metrics_port", _known(wanted.metrics_port)
    for option, values in wanted.options.items():
        yield f"options.{option}", values


def _flags(command: Sequence[str]) -> dict[str, str | None]:
    """Return the flags in the command `kamal-proxy run`: `--debug`, `--metrics-port 9090` or `--metrics-port=9090`."""
    found: dict[str, str | None] = {"debug": None, "http3": None, "metrics_port": None}
    for word, following in zip(command, [*command[1:], "--"]):
        name, given, value = word.lstrip("-").replace("-", "_").partition("=")
        if name in found and word.startswith("--"):
            found[name] = value if given else "true" if following.startswith("--") else following
    return {name: None if value == "false" else value for name, value in found.items()}


def _known(value: object) -> tuple[str, ...]:
    return () if value is None else (str(value),)
