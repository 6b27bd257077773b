"""The files that accessories mount, as the Git tree that is deployed has them."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import SourceError
from .host_tool.spec import FileSpec
from .settings import FileMountSettings, Settings
from .source import SourcePolicy, read_committed_file

MOST_BYTES = 1_000_000
"""How much the files of an accessory may hold. They are inputs of a resource, and part of the stack's state."""


def read_accessory_files(settings: Settings, project: Path) -> Mapping[str, Sequence[FileSpec]]:
    """Return the files of each accessory.

    Args:
        settings: The settings of the deploy.
        project: The Pulumi project's folder, relative to the folder of the program.

    Raises:
        SourceError: One is not committed, or they are too large.
    """
    files: dict[str, list[FileSpec]] = {}
    for name, accessory in settings.accessories.items():
        files[name] = [_file_spec(file, project, settings.source) for file in accessory.files]
        if sum(len(file.content) for file in files[name]) > MOST_BYTES:
            raise SourceError(
                f"The files of accessories.{name} hold more than {MOST_BYTES} bytes. Put large ones into an image, or into a "
                "volume."
            )
    return files


def _file_spec(file: FileMountSettings, project: Path, policy: SourcePolicy) -> FileSpec:
    content = read_committed_file(project / file.local, policy)
    text = _as_text(content)
    return FileSpec(
        remote=file.remote,
        content=base64.b64encode(content).decode() if text is None else text,
        base64=True if text is None else None,
        mode=file.mode or "755",
        owner=file.owner,
        options=file.options,
    )


def _as_text(content: bytes) -> str | None:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
