"""docker_install: a machine without Docker gets it from the distribution's package, by a user who is not root."""

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from components.host_tool.json_codec import to_json
from components.host_tool.program import bootstrap_words, inspect_words, packed_program
from components.host_tool.result import HostFacts, Prepared
from components.host_tool.spec import InspectSpec, PrepareSpec
from dev.sandbox import namespaces, processes
from dev.sandbox.commands import run
from dev.sandbox.namespaces import Namespace
from tests.host.docker_host import Result

BOOT = Path(__file__).with_name("bare_machine.sh")

KINDS = ("--mount", "--pid", "--uts", "--ipc")

# This computer's Docker goes, and a user comes who may become root, and nobody else. The package is downloaded here: a machine
# whose Docker makes networks has a network of its own, from which nothing can be reached. The last line is for a sandbox whose
# root may not raise limits, as the package's start script does.
PREPARE = """\
export DEBIAN_FRONTEND=noninteractive
rm -f /var/lib/man-db/auto-update
dpkg --purge --force-depends docker.io docker-ce docker-ce-cli containerd.io
rm -f $(which -a docker)
if getent group docker; then groupdel docker; fi
echo 'APT::Install-Recommends "false";' >/etc/apt/apt.conf.d/lean
apt-get --quiet update
apt-get --quiet --yes install sudo
apt-get --quiet --yes --download-only install docker.io
useradd --create-home --shell /bin/sh ada
echo 'ada ALL=(root) NOPASSWD: ALL' >/etc/sudoers.d/ada
echo 'ulimit() { :; }' >/etc/default/docker
"""

SPEC = PrepareSpec(
    network="kamal",
    service="shop",
    destination="",
    roles=("web",),
    stack="acme/shop/production",
    resource="urn",
    take_over=False,
    tool=packed_program(),
)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Namespace]:
    """A machine with Debian and no Docker."""
    folder = tmp_path_factory.mktemp("bare-machine")
    made = namespaces.boot(folder, [*KINDS, "--mount-proc"], ["sh", str(BOOT), str(folder)], "/run/booted")
    run([*_enter(made), "sh", "-ec", PREPARE], timeout=300)
    yield made
    processes.end(folder)


def as_ada(machine: Namespace, words: Sequence[str], stdin: str = "") -> Result:
    """Run a command in the home directory of ada, in a session of its own, as SSH does."""
    script = 'ip link set lo up; cd /home/ada; exec runuser --user ada -- env -i PATH=/usr/bin:/bin HOME=/home/ada "$@"'
    command = [*_enter(machine), "unshare", "--net", "sh", "-c", script, "sh", *words]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=400)
    return Result(done.returncode, done.stdout, done.stderr, 0)


def prepare(machine: Namespace, *, docker_install: bool | None = None) -> Result:
    spec = replace(SPEC, docker_install=docker_install)
    return as_ada(machine, [*bootstrap_words("shop"), "0123"], to_json(spec))


def look(machine: Namespace) -> HostFacts:
    done = as_ada(machine, inspect_words("shop"), f"{to_json(InspectSpec('kamal', ()))}\n{packed_program()}\n")
    return done.result(HostFacts)


def test_docker_is_installed_where_the_settings_say_so_and_the_user_may_use_it(machine: Namespace) -> None:
    assert look(machine).install_problem == ""
    refused = prepare(machine)
    assert "deploy:docker_install true" in refused.failure

    installed = prepare(machine, docker_install=True)
    assert "installing Docker (apt-get install docker.io)" in installed.err
    prepared = installed.result(Prepared)
    assert prepared.docker

    found = look(machine)
    assert (found.docker_problem, found.network, found.prepared, found.install_problem) == ("", True, True, None)
    again = prepare(machine, docker_install=True)
    assert again.result(Prepared) == prepared
    assert "installing" not in again.err
    lines = as_ada(machine, ["cat", ".kamal/apps/shop/audit.log"]).out.splitlines()
    assert ["ok" in line for line in lines] == [False, True, True]


def _enter(machine: Namespace) -> list[str]:
    return machine.enter([*KINDS, "--root", "--wd=/"])
