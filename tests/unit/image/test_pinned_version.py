"""A pinned version has the digest that ran, where the hosts know it."""

from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from components.errors import ImageError
from components.image.pinned_version import PinnedVersion
from components.image.registry import RegistryError
from tests.unit.settings.loading import load

ONE, TWO, THREE = (f"sha256:{digit * 64}" for digit in "123")

LOOK_UP = "components.image.pinned_version.image_digest"


def looked_up(
    folder: Path, version: str, versions: Sequence[dict[str, str]], deployed: Sequence[dict[str, str]] = ()
) -> str:
    """The digest of a pinned version, where the hosts have run these, and the last deploy has left those."""
    pinned = PinnedVersion.look_up(load(folder, version=version), versions, deployed)
    assert pinned.version == version.partition("@")[0]
    return pinned.digest


def down(*_: object) -> NoReturn:
    """A registry that does not answer."""
    raise RegistryError("the registry does not answer")


@pytest.mark.parametrize(
    ("version", "versions"),
    [
        ("v1", [{"v1": ONE}, {"v0": TWO, "v1": ONE}]),
        ("v1", [{"v1": ONE}, {}]),
        (f"v1@{ONE}", []),
        (f"v1@{ONE}", [{"v1": TWO}]),
    ],
    ids=["the hosts agree", "one host is new", "the setting names it", "the setting says another one"],
)
def test_no_registry_is_needed(
    version: str, versions: list[dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LOOK_UP, down)
    assert looked_up(tmp_path, version, versions) == ONE


@pytest.mark.parametrize(
    ("versions", "deployed", "expected"),
    [
        ([], [{"v1": ONE}, {"v1": ONE}], ONE),
        ([{"v2": TWO}, {}], [{"v1": ONE}], ONE),
        ([{"v1": TWO}], [{"v1": ONE}], TWO),
        ([], [{"v1": ONE}, {"v1": TWO}], THREE),
        ([], [{"v2": ONE}], THREE),
        ([{"v1": ONE}, {"v1": TWO}], [{"v1": ONE}], THREE),
    ],
    ids=["no look", "no record", "the hosts come first", "two digests", "another version", "the hosts disagree"],
)
def test_the_last_deploy_says_it_where_no_host_does(
    versions: list[dict[str, str]],
    deployed: list[dict[str, str]],
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(LOOK_UP, lambda *_: THREE)
    assert looked_up(tmp_path, "v1", versions, deployed) == expected


@pytest.mark.parametrize("versions", [[], [{"v2": ONE}], [{"v1": ONE}, {"v1": TWO}]], ids=["new", "other", "disagree"])
def test_the_registry_says_it_where_the_hosts_do_not(
    versions: list[dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LOOK_UP, lambda *_: THREE)
    assert looked_up(tmp_path, "v1", versions) == THREE


def test_an_unknown_version_lists_what_the_hosts_have_run_the_latest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LOOK_UP, down)
    hosts = [{f"v{number}": ONE for number in range(1, 13)}, {"v12": ONE, "v13": ONE}]
    with pytest.raises(ImageError) as caught:
        looked_up(tmp_path, "v99", hosts)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("deploy:version is v99, but ")
    assert lines[1:3] == ["The hosts have run:", "  v12"]
    assert "  and 3 more" in lines


def test_where_nothing_has_run_nothing_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LOOK_UP, down)
    with pytest.raises(ImageError) as caught:
        looked_up(tmp_path, "v1", [{}])
    assert "have run" not in str(caught.value)
