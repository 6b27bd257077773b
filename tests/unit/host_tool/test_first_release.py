"""What the first release's shell tool remembered is taken over."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.host_tool.first_release import container_spec
from components.host_tool.records.former_record import parse_spec
from components.host_tool.records.role_folder import RoleFolder
from components.host_tool.spec import ContainerSpec

from .fake_docker import Killed
from .fake_host import CONTAINER, PROXY, ROLE, SERVICE, FakeHost, image_of

TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"))
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
OPTIONS = st.from_regex(r"[a-z][a-z-]{0,8}", fullmatch=True).filter(lambda name: name != "log-opt")

CONTAINERS = st.builds(
    ContainerSpec,
    *[TEXT] * 6,
    cmd=st.lists(TEXT, max_size=12).map(tuple),
    env=st.dictionaries(NAMES, TEXT, max_size=3),
    labels=st.dictionaries(NAMES, TEXT, max_size=3),
    options=st.dictionaries(OPTIONS, st.lists(TEXT, min_size=1, max_size=12).map(tuple), max_size=3),
)


def old_text(fields: Mapping[str, str]) -> str:
    """Write a spec as the first release did."""
    return "".join(f"{key}: {old_value(value)}\n" for key, value in fields.items())


def old_value(value: str) -> str:
    if value.isprintable() and '"' not in value and "\\" not in value:
        return f'"{value}"'
    return f"!!binary {base64.b64encode(value.encode()).decode()}"


def old_spec(container: ContainerSpec, mode: str = "proxy") -> dict[str, str]:
    """Return the fields of a container, as the first release named them."""
    options = {
        f"option.{name}" if len(values) == 1 else f"option.{name}.{number}": value
        for name, values in container.options.items()
        for number, value in enumerate(values)
    }
    return {
        "service": container.service,
        "role": container.role,
        "destination": container.destination,
        "host": container.host,
        "version": container.version,
        "network": container.network,
        "mode": mode,
        **{f"cmd.{number}": word for number, word in enumerate(container.cmd)},
        **{f"env.{name}": value for name, value in container.env.items()},
        **{f"label.{name}": value for name, value in container.labels.items()},
        **options,
    }


@settings(deadline=None)
@given(st.dictionaries(NAMES, TEXT, max_size=6))
def test_every_field_of_an_old_spec_is_read_byte_for_byte(fields: dict[str, str]) -> None:
    assert parse_spec(old_text(fields)) == fields


@settings(deadline=None)
@given(CONTAINERS)
def test_every_container_of_the_first_release_is_understood(container: ContainerSpec) -> None:
    assert container_spec(parse_spec(old_text(old_spec(container)))) == container


def test_the_first_releases_limit_of_the_log_is_an_option_of_docker_today() -> None:
    fields = {**old_spec(CONTAINER), "log.opt.max-size": "10m", "log.opt.max-file": "3"}
    expected = replace(CONTAINER, options={"log-opt": ("max-size=10m", "max-file=3")})
    assert container_spec(fields) == expected


def as_the_first_release_left_it(host: FakeHost, *, mode: str = "proxy", switched: bool = True) -> Path:
    """Deploy v1, and turn what is remembered of it into the first release's files."""
    host.release("v1")
    folder = host.folder.role(ROLE)
    current = host.record().current
    release = folder.path / "releases" / "aaaabbbbccccdddd"
    (folder.path / "releases" / current).rename(release)
    (release / "release.json").unlink()
    (folder.path / "role.json").unlink()
    (host.folder.path / "versions.json").unlink()
    (release / "spec").write_text(old_text(old_spec(CONTAINER, mode)))
    (release / "image").write_text(f"{image_of('v1')}\n")
    (release / "secrets").write_text("oldhash\n")
    (release / "container").write_text("shop-web-v1-aaaabbbb\n")
    if switched:
        (release / "switched").touch()
    (folder.path / "secrets").mkdir()
    (folder.path / "secrets" / "oldhash").write_text(old_text({"TOKEN": 'a "secret"\n'}))
    names = {"service": "shop", "role": ROLE, "destination": "", "host": CONTAINER.host}
    (folder.path / "names").write_text(old_text(names))
    (folder.path / "current").write_text("aaaabbbbccccdddd\n")
    container = host.docker.named(host.docker.routes[SERVICE].partition(":")[0])
    container.labels = {**container.labels, "release": "aaaabbbbccccdddd"}
    return folder.path


def test_a_host_of_the_first_release_is_taken_over_by_the_next_candidate(host: FakeHost) -> None:
    path = as_the_first_release_left_it(host)
    host.docker.routes["shop-web-candidate"] = "killed:80"
    host.candidate("v2")
    folder = host.folder.role(ROLE)
    known = folder.release("aaaabbbbccccdddd")
    assert known
    assert (known.container, known.image, known.switched) == (CONTAINER, image_of("v1"), True)
    assert folder.secrets(known.secrets_hash) == {"TOKEN": 'a "secret"\n'}
    assert (host.record().current, host.record().routed) == ("aaaabbbbccccdddd", True)
    assert list(host.folder.versions().digests) == ["v1"]
    assert list(host.docker.routes) == [SERVICE]
    assert host.routed_version() == "v1"
    # The first release's teardown reads it.
    assert {each.name for each in path.iterdir() if each.is_file()} == {"names", "role.json", "lock"}


def test_the_same_release_keeps_the_name_and_the_container_of_the_first_release(host: FakeHost) -> None:
    as_the_first_release_left_it(host)
    before = host.docker.routes[SERVICE]
    secrets = host.keep_secrets({"TOKEN": 'a "secret"\n'})
    started = host.candidate("v1", secrets)
    assert started.release == started.previous == "aaaabbbbccccdddd"
    host.switch("v1", started.release)
    assert host.docker.routes[SERVICE] == before


def test_a_candidate_that_the_first_release_left_behind_is_none_of_the_versions(host: FakeHost) -> None:
    path = as_the_first_release_left_it(host, switched=False)
    (path / "current").unlink()
    host.candidate("v2")
    assert host.folder.versions().digests == {}


def test_a_takeover_that_was_killed_is_done_again(host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> None:
        raise Killed

    as_the_first_release_left_it(host)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(RoleFolder, "save", killed)
        host.candidate("v2")
    host.candidate("v2")
    known = host.folder.role(ROLE).release("aaaabbbbccccdddd")
    assert known
    assert host.folder.role(ROLE).secrets(known.secrets_hash) == {"TOKEN": 'a "secret"\n'}


def test_a_takeover_leaves_the_route_of_a_stack_that_is_called_candidate(host: FakeHost) -> None:
    other = host.but(destination="candidate", hosts=("candidate.test",))
    other.prepare()
    other.release("v1")
    assert other.record().route_name == "shop-web-candidate"
    as_the_first_release_left_it(host)
    host.candidate("v2")
    assert other.routed_version() == "v1"


def test_the_kamal_proxy_of_the_first_release_is_kept(host: FakeHost) -> None:
    as_the_first_release_left_it(host)
    booted = host.docker.named("kamal-proxy").id
    host.prepare(PROXY)
    assert host.docker.named("kamal-proxy").id == booted
