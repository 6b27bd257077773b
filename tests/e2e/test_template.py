"""An app's repository that takes the deploy from the template and the package: what a stranger does first."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.footprint import OnHost, footprints
from tests.e2e.site import Site
from tests.e2e.stack import PROJECT, NewStack, Stack


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the built wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    words = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(words, cwd=PROJECT, check=True, capture_output=True, timeout=60)
    return folder


class TemplateStack(Stack):
    """A project made by `pulumi new` in a folder of the app's repository, with the package in a virtual environment."""

    def make_project(self, program: Path) -> None:
        """Make the project; `program` is the folder of the wheel."""
        self.project = self.app / "deploy"
        virtual_environment = self.project / ".venv"
        # uv is among the tests' tools. A language host that does not know uv takes the Python that comes first.
        tools = [str(virtual_environment / "bin"), self.environment["PATH"], str(Path(sys.executable).parent)]
        self.environment |= {"PATH": os.pathsep.join(tools), "VIRTUAL_ENV": str(virtual_environment)}
        template = ["new", str(PROJECT / "template"), "--name", f"{self.service}-deploy", "--generate-only", "--yes"]
        self.pulumi(*template, "--dir", str(self.project), project=self.app)
        self.install_package(program)

    def install_package(self, folder: Path) -> None:
        """Make the virtual environment with uv, and the wheel in it."""
        self._uv("sync", "--find-links", str(folder))
        # A language host that does not know uv lists the packages with pip.
        self._uv("pip", "install", "pip")

    def _uv(self, *words: str) -> None:
        command = [str(Path(sys.executable).with_name("uv")), "--quiet", *words]
        subprocess.run(command, cwd=self.project, env=self.environment, check=True, timeout=120)

    def make_stack(self, new: NewStack | None) -> None:
        """Make the stack anew: the project has a name of its own."""
        super().make_stack(None)

    def _config(self) -> dict[str, object]:
        config = super()._config()
        return config | {"builder": config["builder"] | {"context": ".."}}


class PipStack(TemplateStack):
    """The same with pip, by the lines of the template's README."""

    def install_package(self, folder: Path) -> None:
        """Make the virtual environment with pip, and the wheel in it."""
        settings = self.project / "Pulumi.yaml"
        settings.write_text(settings.read_text().replace("toolchain: uv", "toolchain: pip"))
        (self.project / "pyproject.toml").unlink()
        (wheel,) = folder.glob("*.whl")
        (self.project / "requirements.txt").write_text(f"pulumi-kamal @ {wheel.as_uri()}\n")
        commands = (
            ["python3", "-m", "venv", ".venv"],
            [".venv/bin/pip", "install", "--quiet", "-r", "requirements.txt"],
        )
        for command in commands:
            subprocess.run(command, cwd=self.project, env=self.environment, check=True, timeout=240)


def test_it_runs_with_pip_in_place_of_uv(new_stack: Callable[..., Stack], wheel: Path) -> None:
    stack = new_stack(PipStack, program=wheel)
    assert f"{stack.service}-{stack.hosts[0].address}-web-candidate create" in stack.preview()


@pytest.mark.one_host
def test_it_deploys_previews_and_goes_on(new_stack: Callable[..., Stack], wheel: Path, on_host: OnHost) -> None:
    stack = new_stack(TemplateStack, program=wheel)
    packages = (stack.project / ".venv" / "lib").glob("python*/site-packages/pulumi_kamal")
    (package,) = list(packages)
    before = sorted(package.rglob("*.*"))
    stack.up()
    first = stack.git("rev-parse", "HEAD")
    assert stack.outputs()["version"] == first
    assert Site(stack).versions() == [first] * len(stack.hosts)
    # The deploy has left the app's working tree clean, and the package as it was.
    assert stack.git("status", "--porcelain", "--", ":!deploy/Pulumi.test.yaml") == ""
    assert [file for file in sorted(package.rglob("*.*")) if "__pycache__" not in file.parts] == [
        file for file in before if "__pycache__" not in file.parts
    ]
    stack.commit("The stack's config")
    second = stack.git("rev-parse", "HEAD")
    assert f'=> "{second}"' in stack.preview()
    stack.up()
    assert Site(stack).versions() == [second] * len(stack.hosts)
    stack.up("--expect-no-changes")
    stack.destroy()
    assert not any(footprints(stack, on_host))
