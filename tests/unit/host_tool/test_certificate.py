"""A role's own TLS certificate: kept on the host, and given to kamal-proxy by the switch."""

from collections.abc import Callable

import pytest
import trustme

from components.host_tool.errors import StepError
from components.host_tool.spec import InspectSpec
from components.host_tool.verbs import inspect
from tests.certificates import issue, issue_weak

from .fake_host import ROLE, FakeHost, killed_at_every_call

DEPLOY = ("exec", "kamal-proxy", "kamal-proxy", "deploy")


FIRST, SECOND = ((issued.certificate, issued.key) for issued in (issue(), issue()))
OTHER_KIND = issue(key_type=trustme.KeyType.RSA)


def flags(host: FakeHost) -> dict[str, str]:
    """The flags of the last deploy that kamal-proxy was told."""
    deploy = [words for words in host.docker.calls if words[:4] == DEPLOY][-1]
    return dict(word.partition("=")[::2] for word in deploy[5:])


def test_kamal_proxy_serves_the_certificate_that_the_host_keeps(host: FakeHost) -> None:
    host.keep_certificate(*FIRST)
    host.release("v1")
    folder = f"apps-config/shop/web/tls-{host.certificate}"
    assert host.docker.files == {f"{folder}/cert.pem": FIRST[0], f"{folder}/key.pem": FIRST[1]}
    volume = "/home/kamal-proxy/.config/kamal-proxy"
    assert flags(host)["--tls"] == "true"
    assert flags(host)["--tls-certificate-path"] == f"{volume}/{folder}/cert.pem"
    assert flags(host)["--tls-private-key-path"] == f"{volume}/{folder}/key.pem"


def test_a_short_key_is_for_kamal_proxy_to_judge(host: FakeHost) -> None:
    weak = issue_weak()
    host.keep_certificate(weak.certificate, weak.key)
    host.release("v1")
    assert set(host.docker.files.values()) == {weak.certificate, weak.key}


def test_no_argument_holds_a_key(host: FakeHost) -> None:
    host.keep_certificate(*FIRST)
    host.release("v1")
    secret = FIRST[1].splitlines()[1]
    assert not [words for words in host.docker.calls if any(secret in word for word in words)]


def test_another_certificate_makes_no_other_container_and_leaves_nothing_of_the_old_one(host: FakeHost) -> None:
    host.keep_certificate(*FIRST)
    before = host.release("v1")
    first = host.certificate
    host.keep_certificate(*SECOND)
    assert host.switch("v1", before.release).container_id == before.container_id
    assert set(host.docker.files.values()) == set(SECOND)
    assert not any(first in str(path) for path in host.folder.path.rglob("*"))
    assert host.record().files == (f"tls-{host.certificate}",)


def test_a_role_without_its_certificate_leaves_no_key(host: FakeHost) -> None:
    host.keep_certificate(*FIRST)
    before = host.release("v1")
    host.ssl, host.certificate = True, ""
    host.switch("v1", before.release)
    assert (host.docker.files, host.record().files) == ({}, ())


def test_a_role_that_goes_leaves_no_key(host: FakeHost) -> None:
    other = host.but(role="api", hosts=("api.test",), roles=("web", "api"))
    host.roles = other.roles
    for each in (host, other):
        each.keep_certificate(*FIRST)
        each.release("v1")
    assert len(host.docker.files) == 4
    other.roles = host.roles = ("web",)
    host.prepare()
    other.tear_down()
    assert {path.split("/")[2] for path in host.docker.files} == {"web"}


@pytest.mark.parametrize(
    ("certificate", "key", "problem"),
    [
        (FIRST[0], SECOND[1], "private_key_pem is not the key of certificate_pem"),
        (FIRST[0], OTHER_KIND.key, "private_key_pem is not the key of certificate_pem"),
        (FIRST[1], FIRST[0], "certificate_pem has to be a certificate, and private_key_pem its key without a password"),
        ("x", FIRST[1], "certificate_pem has to be a certificate, and private_key_pem its key without a password"),
    ],
    ids=["key of another one", "key of another kind", "exchanged", "no PEM"],
)
def test_a_certificate_that_kamal_proxy_could_not_use_is_refused_before_any_container_starts(
    host: FakeHost, certificate: str, key: str, problem: str
) -> None:
    with pytest.raises(StepError, match=f"the certificate of role web cannot be used: {problem}"):
        host.keep_certificate(certificate, key)
    assert not host.certificate
    assert not list(host.folder.path.rglob("*.pem"))


def test_a_kept_certificate_is_read_back(host: FakeHost) -> None:
    host.keep_certificate(*FIRST)
    assert host.folder.role(ROLE).certificate(host.certificate) == {
        "certificate_pem": FIRST[0],
        "private_key_pem": FIRST[1],
    }


def test_a_switch_killed_at_any_moment_leaves_kamal_proxy_the_files_of_its_route(
    new_host: Callable[[], FakeHost],
) -> None:
    def before(host: FakeHost) -> None:
        host.prepare()
        host.keep_certificate(*FIRST)
        host.release("v1")
        host.keep_certificate(*SECOND)

    release = ""

    def switch(host: FakeHost) -> None:
        nonlocal release
        release = host.record().current
        host.switch("v1", release)

    for host in killed_at_every_call(new_host, before, switch):
        served = flags(host)["--tls-private-key-path"].partition("kamal-proxy/.config/kamal-proxy/")[2]
        assert served in host.docker.files
        # What is there is noted, so that it goes.
        assert {path.split("/")[3] for path in host.docker.files} <= set(host.record().files)
        host.switch("v1", release)
        assert set(host.docker.files.values()) == set(SECOND)


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
def test_a_kamal_proxy_that_ends_in_between_is_asked_once_more_before_it_loses_the_old_certificate(
    host: FakeHost, done: bool
) -> None:
    host.keep_certificate(*FIRST)
    before = host.release("v1")
    host.keep_certificate(*SECOND)
    calls = len(host.docker.calls)
    # The container that is routed to is the same before and after: that tells nothing.
    host.docker.fail(*DEPLOY, status=137, done=done)
    host.switch("v1", before.release)
    assert len([words for words in host.docker.calls[calls:] if words[:4] == DEPLOY]) == 2
    assert set(host.docker.files.values()) == set(SECOND)
    host.keep_certificate(*FIRST)
    for _ in range(2):
        host.docker.fail(*DEPLOY, status=137, done=done)
    with pytest.raises(StepError, match="nobody knows whether kamal-proxy would have switched"):
        host.switch("v1", before.release)
    # Both are there, whichever it has.
    assert set(host.docker.files.values()) == {*FIRST, *SECOND}


def test_the_look_tells_what_is_kept_and_what_kamal_proxy_has_lost(host: FakeHost) -> None:
    host.keep_certificate(*FIRST)
    host.release("v1")

    def look() -> tuple[tuple[str, ...], tuple[str, ...]]:
        facts = host.run("inspect", lambda step: inspect.run(step, InspectSpec("kamal", ()))).roles[ROLE]
        return facts.certificates, facts.lost_files

    assert look() == ((host.certificate,), ())
    host.docker.files.clear()
    (host.folder.role(ROLE).path / "certificates" / host.certificate).unlink()
    assert look() == ((), (f"tls-{host.certificate}",))


def test_a_switch_gives_kamal_proxy_again_what_it_has_lost(host: FakeHost) -> None:
    host.keep_certificate(*FIRST)
    before = host.release("v1")
    host.docker.files.clear()
    host.switch("v1", before.release)
    assert set(host.docker.files.values()) == set(FIRST)


def test_a_certificate_that_is_gone_says_what_to_do(host: FakeHost) -> None:
    host.certificate = "0123456789abcdef"
    with pytest.raises(StepError, match=r"the certificate 0123456789abcdef of role web is not on this host any more"):
        host.release("v1")
