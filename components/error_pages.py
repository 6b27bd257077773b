"""kamal-proxy's error pages of the version that is deployed."""

from collections.abc import Mapping
from pathlib import Path

import pulumi

from .settings import Settings
from .source import read_error_pages


def error_pages_of(settings: Settings, project: Path, version: str) -> Mapping[str, str]:
    """Return the error pages of a version: name to text; none where the settings have no folder for them.

    Args:
        settings: The settings of the deploy.
        project: The Pulumi project's folder.
        version: The version.

    Raises:
        SourceError: There are none, or they cannot be used.
    """
    if not settings.error_pages_path:
        return {}
    found = read_error_pages(project / settings.error_pages_path, version)
    if found.note:
        pulumi.log.warn(found.note)
    return found.pages
