"""The build context on disk while an image is built, and the build's output on the screen."""

import shutil
import threading
from pathlib import Path

import pulumi

from ..source import Source

BUILDS = Path(".local/build")
"""Where contexts and logs are, relative to the project's folder."""

LOG_TAIL = 30
"""Lines of the build's output that the error of a failed build repeats."""

LOG_INTERVAL = 0.2
"""Seconds between two looks at the growing build log."""


class BuildContext:
    """The context of a source tree. Nothing is written before the engine decides that it has to build.

    Attributes:
        folder: The context, relative to the folder of the program: an absolute path among the inputs would differ
            between two people.
        log: The build's output, likewise.
    """

    def __init__(self, source: Source, project: Path) -> None:
        self._source = source
        self._builds = project / BUILDS
        self.folder = self._builds / source.version
        self.log = self._builds / f"{source.version}.log"
        self._built = threading.Event()

    def hooks(self, name: str) -> pulumi.ResourceHookBinding:
        """Return what happens in this process when, and only when, the engine builds: never in a preview.

        Args:
            name: What the hooks' names begin with.
        """

        def write_context(_: pulumi.ResourceHookArgs) -> None:
            self._write()
            threading.Thread(target=self._show_log, daemon=True).start()

        def remove_context(_: pulumi.ResourceHookArgs) -> None:
            self._built.set()
            shutil.rmtree(self.folder, ignore_errors=True)

        def show_log_tail(_: pulumi.ErrorHookArgs) -> bool:
            self._built.set()
            tail = "\n".join(_read(self.log).splitlines()[-LOG_TAIL:])
            pulumi.log.error(f"The build of the image failed. The end of its output ({self.log}):\n{tail}")
            return False

        return pulumi.ResourceHookBinding(
            before_create=[write_context],
            after_create=[remove_context],
            on_error=[pulumi.ErrorHook(f"{name}-build-failed", show_log_tail)],
        )

    def _write(self) -> None:
        self._builds.mkdir(parents=True, exist_ok=True)
        # Keeps the folder from making the user's own working tree dirty.
        (self._builds.parent / ".gitignore").write_text("*\n")
        self.log.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._source.export(self.folder)

    def _show_log(self) -> None:
        shown = 0
        while not self._built.wait(LOG_INTERVAL):
            lines = _read(self.log).split("\n")[:-1]
            for line in lines[shown:]:
                if line.strip():
                    pulumi.log.info(line, ephemeral=True)
            shown = len(lines)


def _read(log: Path) -> str:
    return log.read_text(errors="replace") if log.exists() else ""
