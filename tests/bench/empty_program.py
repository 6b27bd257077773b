"""A Pulumi program that declares nothing."""

import os
from collections.abc import Mapping
from pathlib import Path

from dev.sandbox.commands import run
from tests.e2e.stack import PROJECT

# As in the Pulumi.yaml of the deploy, so that Python starts the same way.
PULUMI_YAML = "{name: empty, runtime: {name: python, options: {toolchain: pip, virtualenv: .venv}}}\n"


class EmptyProgram:
    """What every run of Pulumi costs: command line, engine, language host, Python."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Make the project and its stack in `folder`."""
        self.project = folder / "empty"
        self.environment = {
            **os.environ,
            **environment,
            "PULUMI_BACKEND_URL": f"file://{self.project}",
            "PULUMI_CONFIG_PASSPHRASE": "bench",
        }
        self.project.mkdir()
        (self.project / "Pulumi.yaml").write_text(PULUMI_YAML)
        (self.project / "__main__.py").touch()
        (self.project / ".venv").symlink_to(PROJECT / ".venv")
        self._pulumi("stack", "init", "empty")

    def up(self) -> None:
        """Run `pulumi up` without the preview."""
        self._pulumi("up", "--yes", "--skip-preview")

    def _pulumi(self, *words: str) -> None:
        run(["pulumi", "--non-interactive", *words], cwd=self.project, env=self.environment)
