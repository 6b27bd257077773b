"""kamal-proxy's container: what is decided about the one that is there."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from components.host_tool.proxy_container import (
    boot_action,
    boot_hash,
    lacks_ports,
    proxy_facts,
    proxy_words,
    recovery_of,
)
from components.host_tool.proxy_options import differing_options
from components.host_tool.result import ProxyFacts
from components.host_tool.spec import ProxyRunSpec

PROXY = ProxyRunSpec("basecamp/kamal-proxy:v0.9.2", 80, 443, "10m", {}, replace=False)


def running(spec: ProxyRunSpec) -> ProxyFacts:
    """Return a kamal-proxy that was booted with these settings."""
    return ProxyFacts("0123456789ab", "running", "2026-01-31T12:00:00Z", spec.image, boot_hash(spec), (80, 443))


RUNNING = running(PROXY)
STOPPED = replace(RUNNING, state="exited")

# What the shell of the first release hashed: the lines of `prepare`'s input that began with "proxy.".
FIRST_RELEASE = """\
proxy.image: "basecamp/kamal-proxy:v0.9.2"
proxy.http_port: "80"
proxy.https_port: "443"
proxy.log_max_size: "10m"
"""


@pytest.mark.parametrize(
    ("proxy", "replaced", "recovery"),
    [
        pytest.param(RUNNING, None, "", id="no replacement was interrupted"),
        pytest.param(None, None, "", id="there is no kamal-proxy"),
        pytest.param(None, RUNNING, "restore", id="killed before the new one was made"),
        pytest.param(replace(STOPPED, state="created"), RUNNING, "restore", id="killed before the old one stopped"),
        pytest.param(replace(STOPPED, state="created"), STOPPED, "restore", id="killed before the new one started"),
        pytest.param(STOPPED, STOPPED, "restore", id="the new one has ended"),
        pytest.param(RUNNING, STOPPED, "finish", id="killed before the old one was removed"),
    ],
)
def test_an_interrupted_replacement_is_finished_or_taken_back(
    proxy: ProxyFacts | None, replaced: ProxyFacts | None, recovery: str
) -> None:
    assert recovery_of(proxy, replaced) == recovery


OTHERS = {
    "older": replace(PROXY, image="basecamp/kamal-proxy:v0.9.1"),
    "newer": replace(PROXY, image="basecamp/kamal-proxy:v0.10.0"),
    "of another registry": replace(PROXY, image="mirror.test/kamal-proxy:v0.9.2"),
    "another port": replace(PROXY, http_port=8080),
    "other options": replace(PROXY, options={"memory": ("1g",)}),
}


@pytest.mark.parametrize("others", [False, True])
def test_a_kamal_proxy_that_is_as_the_settings_want_it_is_kept(others: bool) -> None:
    assert boot_action(running(PROXY), PROXY, others=others) == "keep"


@pytest.mark.parametrize("found", OTHERS.values(), ids=OTHERS)
def test_another_kamal_proxy_is_replaced_unless_apps_of_other_owners_use_it(found: ProxyRunSpec) -> None:
    assert boot_action(running(found), PROXY, others=False) == "replace"
    assert boot_action(running(found), PROXY, others=True) == "keep other"
    assert boot_action(running(found), replace(PROXY, replace=True), others=True) == "replace"


def test_replace_is_none_of_the_options_that_kamal_proxy_runs_with() -> None:
    assert boot_action(running(PROXY), replace(PROXY, replace=True), others=False) == "keep"


@pytest.mark.parametrize(
    ("ports", "lacks"),
    [((80, 443), False), ((80, 443, 8080), False), ((80,), True), ((8080, 8443), True), ((), True)],
)
def test_kamal_proxy_lacks_ports_that_it_does_not_publish(ports: tuple[int, ...], lacks: bool) -> None:
    assert lacks_ports(replace(RUNNING, ports=ports), PROXY) == lacks


def test_a_kamal_proxy_that_kamal_booted_is_kept_with_the_same_image() -> None:
    assert boot_action(replace(RUNNING, boot=""), PROXY, others=False) == "keep"
    assert boot_action(replace(RUNNING, boot=""), replace(PROXY, http_port=8080), others=False) == "replace"


# As Kamal boots it with `log_max_size: 20m`, `metrics_port: 9090` and options; without them it has image and ports alone.
OF_KAMAL: dict[str, Any] = {
    "Id": "0123456789abcdef",
    "State": {"Status": "running", "Running": True, "StartedAt": "2026-01-31T12:00:00.123Z"},
    "Config": {
        "Image": PROXY.image,
        "Cmd": ["kamal-proxy", "run", "--debug", "--metrics-port", "9090"],
        "Labels": {"org.opencontainers.image.title": "kamal-proxy", "team": "shop"},
        "Env": ["PATH=/bin", "TZ=UTC"],
    },
    "HostConfig": {
        "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "80"}], "443/tcp": [{"HostIp": "", "HostPort": "443"}]},
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "20m"}},
        "Binds": ["kamal-proxy-config:/home/kamal-proxy/.config/kamal-proxy"],
        "Memory": 536870912,
    },
}
AS_KAMAL = replace(
    PROXY,
    log_max_size="20m",
    debug=True,
    metrics_port=9090,
    options={"label": ("team=shop",), "env": ("TZ=UTC",), "memory": ("512m",)},
)


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        pytest.param(AS_KAMAL, [], id="the same"),
        pytest.param(replace(AS_KAMAL, bind_ips=("0.0.0.0",)), [], id="all addresses in another spelling"),  # noqa: S104
        pytest.param(replace(AS_KAMAL, log_max_size="10m"), ["log_max_size"], id="the size of the log"),
        pytest.param(replace(AS_KAMAL, debug=None, metrics_port=None), ["debug", "metrics_port"], id="flags less"),
        pytest.param(replace(AS_KAMAL, http3=True, metrics_port=9091), ["http3", "metrics_port"], id="other flags"),
        pytest.param(replace(AS_KAMAL, publish=False), ["publish"], id="no ports"),
        pytest.param(replace(AS_KAMAL, bind_ips=("10.0.0.5",)), ["bind_ips"], id="one address"),
        pytest.param(replace(AS_KAMAL, options={"label": ("team=blue",)}), ["options.label"], id="another label"),
        pytest.param(
            replace(AS_KAMAL, options={"memory": ("1g",)}), [], id="what Docker does not tell as it was given"
        ),
    ],
)
def test_other_options_of_a_kamal_proxy_that_kamal_booted_are_known_and_replaced_only_by_a_setting(
    wanted: ProxyRunSpec, keys: list[str]
) -> None:
    found = proxy_facts(OF_KAMAL)
    assert differing_options(found, wanted) == keys
    assert boot_action(found, wanted, others=True) == "keep"
    told = replace(wanted, replace=True)
    assert boot_action(found, told, others=True) == ("replace" if keys else "keep")
    # Then it has a hash of them.
    assert boot_action(replace(found, boot=boot_hash(wanted)), told, others=True) == "keep"


def test_a_kamal_proxy_that_kamal_booted_without_any_option_has_those_of_the_settings_without_any() -> None:
    config = {**OF_KAMAL["Config"], "Cmd": ["kamal-proxy", "run"]}
    log = {"LogConfig": {"Type": "json-file", "Config": {"max-size": "10m"}}}
    found = proxy_facts({**OF_KAMAL, "Config": config, "HostConfig": {**OF_KAMAL["HostConfig"], **log}})
    assert differing_options(found, PROXY) == []


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ({}, ""),
        ({"memory": ("1g",)}, 'proxy.option.memory: "1g"\n'),
        ({"env": ("A=1", "B=2")}, 'proxy.option.env.0: "A=1"\nproxy.option.env.1: "B=2"\n'),
        ({"env": ('A="1"',)}, "proxy.option.env: !!binary QT0iMSI=\n"),
    ],
)
def test_a_kamal_proxy_of_the_first_release_is_recognised(options: dict[str, tuple[str, ...]], lines: str) -> None:
    expected = hashlib.sha256((FIRST_RELEASE + lines).encode()).hexdigest()[:16]
    assert boot_hash(replace(PROXY, options=options)) == expected


@pytest.mark.parametrize(
    ("changes", "published", "command"),
    [
        ({}, "80:80 443:443", ""),
        ({"publish": False}, "", ""),
        (
            {"bind_ips": ("192.0.2.1", "2001:db8::1")},
            "192.0.2.1:80:80 192.0.2.1:443:443 [2001:db8::1]:80:80 [2001:db8::1]:443:443",
            "",
        ),
        ({"http3": True}, "80:80 443:443 443:443/udp", "kamal-proxy run --http3=true"),
        ({"debug": True, "metrics_port": 9000}, "80:80 443:443", "kamal-proxy run --metrics-port=9000 --debug=true"),
    ],
)
def test_kamal_proxy_runs_with_flags_and_ports_of_the_settings(
    changes: dict[str, Any], published: str, command: str
) -> None:
    spec = replace(PROXY, **changes)
    words = proxy_words("kamal", spec)
    assert " ".join(words[n + 1] for n, word in enumerate(words) if word == "--publish") == published
    assert " ".join(words[words.index(PROXY.image) + 1 :]) == command
    # One that runs otherwise is replaced, and one of an earlier release is not.
    assert (boot_hash(spec) == boot_hash(PROXY)) == (not changes)


def test_kamal_proxy_is_created_with_the_words_of_the_settings() -> None:
    spec = ProxyRunSpec("kamal-proxy:v1", 8080, 8443, "5m", {"memory": ("1g",), "init": ("true",)}, replace=False)
    assert proxy_words("kamal", spec) == [
        *("--name", "kamal-proxy", "--network", "kamal", "--restart", "unless-stopped"),
        *("--volume", "kamal-proxy-config:/home/kamal-proxy/.config/kamal-proxy"),
        *("--publish", "8080:80", "--publish", "8443:443", "--log-opt", "max-size=5m"),
        *("--label", "org.opencontainers.image.title=kamal-proxy", "--label", f"boot={boot_hash(spec)}"),
        *("--memory=1g", "--init", "kamal-proxy:v1"),
    ]
