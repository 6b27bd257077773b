"""Versions that have to agree."""

import re
from pathlib import Path

import pytest

from components.settings import ProxyRunSettings
from dev.toolchain import versions

TOOLCHAIN = Path(versions.__file__).parent


@pytest.mark.parametrize("name", versions.PLUGINS)
def test_a_stand_in_plugin_says_the_version_of_the_python_package(name: str) -> None:
    declared = re.search(r'version\s*= "(.*)"', (TOOLCHAIN / name / "main.go").read_text())
    assert declared
    assert declared[1] == versions.PLUGINS[name]


def test_the_sandbox_has_the_kamal_proxy_that_a_deploy_runs_by_default() -> None:
    assert ProxyRunSettings().version == f"v{versions.KAMAL_PROXY}"


def test_every_module_needs_the_same_go() -> None:
    needed = {
        file.parent.name: re.search(r"^go (\d+\.\d+)", file.read_text(), re.M) for file in TOOLCHAIN.glob("*/go.mod")
    }
    assert {name: found and found[1] for name, found in needed.items()} == dict.fromkeys(needed, versions.GO)


def test_a_package_that_is_not_pinned_is_named() -> None:
    with pytest.raises(LookupError, match=r"requirements\.txt does not pin no-such-package"):
        versions.python_requirement("no-such-package")


def test_a_requirement_has_its_hashes() -> None:
    lines = versions.python_requirement("pulumi").splitlines()
    assert lines[0] == f"pulumi=={versions.SDK} \\"
    assert all(line.strip().startswith("--hash=sha256:") for line in lines[1:])
    assert len(lines) > 1
