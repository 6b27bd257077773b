"""kamal-proxy's container: what is decided about the one that is there."""

import hashlib
from dataclasses import replace

import pytest

from components.host_tool.proxy_container import FoundProxy, boot_action, boot_hash, is_newer, proxy_words, recovery_of
from components.host_tool.spec import ProxyRunSpec

PROXY = ProxyRunSpec("basecamp/kamal-proxy:v0.9.2", 80, 443, "10m", {})
RUNNING, STOPPED = FoundProxy("running", PROXY.image, "hash"), FoundProxy("exited", PROXY.image, "hash")

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
    proxy: FoundProxy | None, replaced: FoundProxy | None, recovery: str
) -> None:
    assert recovery_of(proxy, replaced) == recovery


@pytest.mark.parametrize(
    ("found", "other_apps", "action"),
    [
        pytest.param(PROXY, False, "keep", id="as the settings want it"),
        pytest.param(PROXY, True, "keep", id="as the settings want it, with other apps"),
        pytest.param(replace(PROXY, image="basecamp/kamal-proxy:v0.9.1"), True, "replace", id="older"),
        pytest.param(
            replace(PROXY, image="basecamp/kamal-proxy:v0.10.0"), True, "keep newer", id="newer, others use it"
        ),
        pytest.param(replace(PROXY, image="basecamp/kamal-proxy:v0.10.0"), False, "replace", id="newer, ours alone"),
        pytest.param(replace(PROXY, image="mirror.test/kamal-proxy:v0.9.2"), True, "replace", id="another registry"),
        pytest.param(replace(PROXY, http_port=8080), True, "replace", id="another port"),
        pytest.param(replace(PROXY, options={"memory": ("1g",)}), True, "replace", id="other options"),
    ],
)
def test_kamal_proxy_is_kept_or_replaced(found: ProxyRunSpec, other_apps: bool, action: str) -> None:
    proxy = FoundProxy("running", found.image, boot_hash(found))
    assert boot_action(proxy, PROXY, other_apps=other_apps) == action


def test_a_kamal_proxy_that_kamal_booted_is_kept_with_the_same_image() -> None:
    assert boot_action(FoundProxy("running", PROXY.image, ""), PROXY, other_apps=False) == "keep"


@pytest.mark.parametrize(
    ("image", "other", "newer"),
    [
        ("kamal-proxy:v0.9.3", "kamal-proxy:v0.9.2", True),
        ("kamal-proxy:v0.10.0", "kamal-proxy:v0.9.2", True),
        ("kamal-proxy:v1", "kamal-proxy:v0.9.2", True),
        ("kamal-proxy:v0.9.2.1", "kamal-proxy:v0.9.2", True),
        ("kamal-proxy:v0.9.2", "kamal-proxy:v0.9.2", False),
        ("kamal-proxy:v0.9.1", "kamal-proxy:v0.9.2", False),
        ("kamal-proxy:latest", "kamal-proxy:v0.9.2", False),
        ("kamal-proxy:v1.0.0-beta", "kamal-proxy:v0.9.2", False),
        ("kamal-proxy", "kamal-proxy:v0.9.2", False),
        ("kamal-proxy:v0.9.3", "kamal-proxy:main", False),
        ("registry.test:5000/kamal-proxy:v0.9.3", "kamal-proxy:v0.9.2", True),
    ],
)
def test_an_image_is_newer_by_the_version_in_its_tag(image: str, other: str, newer: bool) -> None:
    assert is_newer(image, other) == newer


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


def test_kamal_proxy_is_created_with_the_words_of_the_settings() -> None:
    spec = ProxyRunSpec("kamal-proxy:v1", 8080, 8443, "5m", {"memory": ("1g",), "init": ("true",)})
    assert proxy_words("kamal", spec) == [
        *("--name", "kamal-proxy", "--network", "kamal", "--restart", "unless-stopped"),
        *("--volume", "kamal-proxy-config:/home/kamal-proxy/.config/kamal-proxy"),
        *("--publish", "8080:80", "--publish", "8443:443", "--log-opt", "max-size=5m"),
        *("--label", "org.opencontainers.image.title=kamal-proxy", "--label", f"boot={boot_hash(spec)}"),
        *("--memory=1g", "--init", "kamal-proxy:v1"),
    ]
