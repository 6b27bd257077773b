"""The errors that the person who deploys can fix. Each is a message, never a traceback.

DeployError
├── SettingsError   the stack's settings
├── SourceError     the Git repository
├── ImageError      the Docker engine or the registry
└── HostError       the hosts
"""


class DeployError(Exception):
    """A mistake or a missing piece that the person who deploys can fix; the text says what, where and how."""


class SettingsError(DeployError):
    """Problems with the settings, one a line: `path: sentence`."""


class SourceError(DeployError):
    """The source tree cannot be read, or may not be built."""


class ImageError(DeployError):
    """The image cannot be built here, or its version is not in the registry."""


class HostError(DeployError):
    """Hosts cannot be reached, or are not ready for the deploy."""
