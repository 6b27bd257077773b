"""One build of the app's image: its arguments, its context on disk, and its output on the screen."""

import hashlib
import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pulumi
import pulumi_docker as docker

from .naming import image_labels
from .settings import Settings
from .source import Source

# Relative to the project's folder: an absolute path among the inputs would differ between two people.
BUILDS = Path(".local/build")

# Lines of the build's output that a failed build repeats in its error.
LOG_TAIL = 30

# Seconds between two looks at the growing build log.
LOG_INTERVAL = 0.2


class ImageBuild:
    """The build of `source`'s tree: nothing is written to disk before the engine decides that it has to build."""

    def __init__(self, settings: Settings, source: Source) -> None:
        self._builder = settings.builder
        self._source = source
        self._labels = image_labels(
            settings.service, source.version, source.commit, source.created, settings.builder.source_url
        )
        self._context = BUILDS / source.version
        self._log = BUILDS / f"{source.version}.log"
        self._built = threading.Event()

    def args(self) -> docker.RemoteImageBuildArgs:
        """The arguments of the build, for `docker.RemoteImage`."""
        return docker.RemoteImageBuildArgs(**self._arguments())

    def fingerprint(self) -> str:
        """A hash that changes with every argument of the build."""
        return hashlib.sha256(json.dumps(self._arguments(), sort_keys=True).encode()).hexdigest()[:16]

    def _arguments(self) -> dict[str, Any]:
        builder = self._builder
        return {
            "context": str(self._context),
            "dockerfile": builder.dockerfile,
            "target": builder.target,
            "build_args": {**builder.args, "KAMAL_VERSION": self._source.version},
            "platform": builder.platform,
            "cache_froms": list(builder.cache.from_) or None,
            "cache_tos": list(builder.cache.to) or None,
            "no_cache": builder.no_cache,
            # `labels` is for the old builder; BuildKit takes these.
            "label": self._labels,
            # Without a named builder the provider writes no log: reference kreuzwerker/docker `build_log_file`.
            "builder": "default",
            "build_log_file": str(self._log),
        }

    def hooks(self) -> pulumi.ResourceHookBinding:
        """What happens in this process when, and only when, the engine builds: never in a preview."""

        def before(_: pulumi.ResourceHookArgs) -> None:
            self._materialise()
            threading.Thread(target=self._show_log, daemon=True).start()

        def done(_: pulumi.ResourceHookArgs) -> None:
            self._built.set()
            shutil.rmtree(self._context, ignore_errors=True)

        def failed(_: pulumi.ErrorHookArgs) -> bool:
            self._built.set()
            tail = "\n".join(_read(self._log).splitlines()[-LOG_TAIL:])
            pulumi.log.error(f"the build of the image failed; the end of its output ({self._log}):\n{tail}")
            return False

        return pulumi.ResourceHookBinding(
            before_create=[before],
            after_create=[done],
            on_error=[pulumi.ErrorHook("image-build-failed", failed)],
        )

    def _materialise(self) -> None:
        BUILDS.mkdir(parents=True, exist_ok=True)
        # So that the folder never makes the user's own working tree dirty.
        (BUILDS.parent / ".gitignore").write_text("*\n")
        self._log.unlink(missing_ok=True)
        shutil.rmtree(self._context, ignore_errors=True)
        self._source.export(self._context)

    def _show_log(self) -> None:
        shown = 0
        while not self._built.wait(LOG_INTERVAL):
            lines = _read(self._log).split("\n")[:-1]
            for line in lines[shown:]:
                if line.strip():
                    pulumi.log.info(line, ephemeral=True)
            shown = len(lines)


def _read(log: Path) -> str:
    return log.read_text(errors="replace") if log.exists() else ""
