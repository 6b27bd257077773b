"""The errors of a user's making. Each is a message for the person who deploys, never a traceback.

DeployError
├── SettingsError   the stack's config
└── SourceError     the Git repository
"""


class DeployError(Exception):
    """Something is wrong that the person who deploys can mend; the text says what, where and how."""


class SettingsError(DeployError):
    """Faults of the settings, one a line: `path: sentence`."""


class SourceError(DeployError):
    """The tree to build cannot be had, or may not be built."""
