"""The build context on disk while an image is built, and the build's output on the screen."""

import shutil
import threading
from pathlib import Path

import pulumi

from ..source import Source
from .build_lock import BuildLock
from .private_files import PrivateFiles

BUILDS = Path(".local/build")
"""Where contexts and logs are, relative to the project's folder."""

KEPT_LOGS = 10
"""Logs of earlier builds that stay."""

LOG_TAIL = 30
"""Lines of the build's output that the error of a failed build repeats."""

LOG_INTERVAL = 0.2
"""Seconds between two looks at the growing build log."""


class BuildContext:
    """The context of a source tree. Nothing is written before the engine decides that it has to build.

    The paths are inputs of the image, and a change of them is another build. So they hold nothing that differs between
    two people, two stacks or two moments, and all builds of a version in a checkout have the same ones: a lock lets one
    build at a time use the folder of the builds.

    Attributes:
        folder: The context, relative to the folder of the program.
        log: The build's output, likewise.
        private: The folder of the files with secrets, likewise.
    """

    def __init__(self, source: Source, project: Path, private_files: PrivateFiles | None = None) -> None:
        self._source = source
        self._private_files = private_files or PrivateFiles()
        self._builds = project / BUILDS
        self.folder = self._builds / source.version
        self.log = self._builds / f"{source.version}.log"
        self.private = self._builds / "private"
        self._lock = BuildLock(self._builds / "lock")
        self._built = threading.Event()

    def hooks(self, name: str, *, updates: bool = False) -> pulumi.ResourceHookBinding:
        """Return what happens in this process when, and only when, the engine builds: never in a preview.

        Args:
            name: What the hooks' names begin with.
            updates: Whether the resource builds when it is updated, too, and not only when it is new.
        """

        async def write_context(_: pulumi.ResourceHookArgs) -> None:
            self._builds.mkdir(parents=True, exist_ok=True)
            await self._lock.acquire()
            try:
                self._write()
            except BaseException:
                self._lock.release()
                raise
            threading.Thread(target=self._show_log, daemon=True).start()

        def remove_context(_: pulumi.ResourceHookArgs) -> None:
            self._built.set()
            shutil.rmtree(self.folder, ignore_errors=True)
            shutil.rmtree(self.private, ignore_errors=True)
            self._lock.release()

        def show_log_tail(_: pulumi.ErrorHookArgs) -> bool:
            self._built.set()
            tail = "\n".join(_read(self.log).splitlines()[-LOG_TAIL:])
            if self._lock.is_held:
                shutil.rmtree(self.private, ignore_errors=True)
            self._lock.release()
            pulumi.log.error(f"The build of the image failed. The end of its output ({self.log}):\n{tail}")
            return False

        return pulumi.ResourceHookBinding(
            before_create=[write_context],
            after_create=[remove_context],
            before_update=[write_context] if updates else None,
            after_update=[remove_context] if updates else None,
            on_error=[pulumi.ErrorHook(f"{name}-build-failed", show_log_tail)],
        )

    def _write(self) -> None:
        # Keeps the folder from making the user's own working tree dirty.
        (self._builds.parent / ".gitignore").write_text("*\n")
        self._remove_leftovers()
        self._source.export(self.folder)
        self._private_files.write(self.private)

    def _remove_leftovers(self) -> None:
        """Remove the contexts and secrets of failed and killed builds, and old logs. Only the holder of the lock may."""
        for folder in filter(Path.is_dir, self._builds.iterdir()):
            shutil.rmtree(folder, ignore_errors=True)
        self.log.unlink(missing_ok=True)
        logs = sorted(self._builds.glob("*.log"), key=lambda log: log.stat().st_mtime)
        for log in logs[:-KEPT_LOGS]:
            log.unlink()

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
