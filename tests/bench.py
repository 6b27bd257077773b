"""How long deploys take, as ratios to a floor measured in the same run: `make bench`.

Absolute times say little on a busy machine, so each round measures the program and its floor one after the other:
- an unchanged `pulumi up` against an empty Pulumi program with the same Python environment;
- a deploy of a changed version against the same steps by hand: build, push, then on each host in parallel, over one
  SSH connection, pull, run, `kamal-proxy deploy` and stop.
It reports; it judges nothing.
"""

import argparse
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from dev.sandbox import Sandbox
from dev.sandbox.inventory import Host
from tests.e2e.stack import Stack

EMPTY = "name: empty\nruntime:\n  name: python\n"


def seconds(action: Callable[[], object]) -> float:
    """How long `action` takes."""
    started = time.monotonic()
    action()
    return time.monotonic() - started


class Bench:
    """An app deployed by the program and the same app deployed by hand, on the same hosts."""

    def __init__(self, folder: Path) -> None:
        self.sandbox = Sandbox()
        self.inventory = self.sandbox.inventory()
        self.stack = Stack(folder / "bench", "bench", self.inventory, self.sandbox.environment())
        self.empty = folder / "empty"
        self.empty.mkdir()
        (self.empty / "Pulumi.yaml").write_text(EMPTY)
        (self.empty / "__main__.py").write_text("")
        self.stack.pulumi("stack", "init", "empty", project=self.empty)
        self.round = 0

    def up_empty(self) -> None:
        """`pulumi up` of an empty program."""
        self.stack.pulumi("up", "--yes", "--skip-preview", project=self.empty)

    def change(self) -> None:
        """Commit a change of the app."""
        self.round += 1
        self.stack.write("page.html", f"<p>{self.round}</p>")
        self.stack.commit()

    def by_hand(self) -> None:
        """The floor: what a deploy cannot do without, in one shell script."""
        registry, app = self.inventory.registry, self.stack.app
        image = f"{registry.server}/tests/by-hand:{self.round}"
        self._run(
            f"cat {shlex.quote(registry.password_file)} |"
            f" docker login --username {registry.username} --password-stdin {registry.server}"
            if self.round == 1
            else "true"
        )
        self._run(
            # Debian's client, which the sandbox installs, brings BuildKit; another may want a plugin for it.
            "export PATH=/usr/bin:$PATH DOCKER_BUILDKIT=1; "
            f"docker build --quiet --build-arg BASE={self.inventory.base_image}"
            f" --build-arg KAMAL_VERSION={self.round} --tag {image} {shlex.quote(str(app))} && docker push --quiet {image}"
        )
        hosts = [
            subprocess.Popen([*self.sandbox.ssh(host.name), self._swap(host, image)]) for host in self.inventory.hosts
        ]
        if any(host.wait(120) for host in hosts):
            raise SystemExit("bench: the floor failed")

    def _swap(self, host: Host, image: str) -> str:
        old, new = f"by-hand-{self.round - 1}", f"by-hand-{self.round}"
        return f"""set -e
docker pull --quiet {image}
docker run --detach --network kamal --name {new} --env KAMAL_VERSION={self.round} {image}
docker exec kamal-proxy kamal-proxy deploy by-hand --host by-hand.test --target {new}:8080
if docker inspect {old} >/dev/null 2>&1; then docker stop {old}; fi"""

    def login(self) -> None:
        """Log the hosts in for the floor's pulls, once and not counted."""
        registry = self.inventory.registry
        password = Path(registry.password_file).read_bytes()
        for host in self.inventory.hosts:
            words = [
                *self.sandbox.ssh(host.name),
                f"docker login -u {registry.username} --password-stdin {registry.server}",
            ]
            subprocess.run(words, input=password, check=True, capture_output=True, timeout=60)

    def clean(self) -> None:
        """Leave the hosts as they were."""
        self.stack.destroy()
        for host in self.inventory.hosts:
            script = (
                "docker ps --all --quiet --filter name=by-hand | xargs -r docker rm --force;"
                " docker exec kamal-proxy kamal-proxy remove by-hand; rm -f .docker/config.json"
            )
            subprocess.run([*self.sandbox.ssh(host.name), script], capture_output=True, timeout=120)

    def _run(self, script: str) -> None:
        subprocess.run(["sh", "-c", script], env=self.stack.environment, check=True, capture_output=True, timeout=120)


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        bench.login()
        print("bench: first deploys, not counted", file=sys.stderr)
        bench.change()
        bench.by_hand()
        bench.stack.up()
        bench.up_empty()
        times: dict[str, list[float]] = {name: [] for name in ("empty", "unchanged", "by hand", "deploy")}
        try:
            for number in range(1, rounds + 1):
                print(f"bench: round {number} of {rounds}", file=sys.stderr)
                times["empty"].append(seconds(bench.up_empty))
                times["unchanged"].append(seconds(bench.stack.up))
                bench.change()
                times["by hand"].append(seconds(bench.by_hand))
                times["deploy"].append(seconds(bench.stack.up))
        finally:
            bench.clean()
    report(times)


def report(times: dict[str, list[float]]) -> None:
    """Medians, ranges, and the figures that count."""
    for name, values in times.items():
        print(f"{name:10} {statistics.median(values):5.2f} s  ({min(values):.2f} to {max(values):.2f})")
    rounds = range(len(times["empty"]))
    above = statistics.median(times["unchanged"][n] - times["empty"][n] for n in rounds)
    ratio = statistics.median((times["deploy"][n] - times["empty"][n]) / times["by hand"][n] for n in rounds)
    whole = statistics.median(times["deploy"][n] / (times["by hand"][n] + times["empty"][n]) for n in rounds)
    print(f"an unchanged up is {above:.2f} s above an empty program")
    print(f"a deploy without the empty program's time is {ratio:.2f} times the steps by hand")
    print(f"a deploy is {whole:.2f} times the steps by hand and the empty program together")


if __name__ == "__main__":
    main()
