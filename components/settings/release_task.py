"""`release_task`: a command that runs once for each version before any host switches, such as a migration."""

from pydantic import Field

from .model import SettingsModel
from .role import Cmd
from .values import PositiveInt


class ReleaseTaskSettings(SettingsModel):
    """A container of the new image that runs on one host before any host switches."""

    cmd: Cmd = Field(min_length=1, description="Command: a string or a list of words.")
    role: str | None = Field(
        default=None,
        description="Role whose settings the container has, and on whose first host it runs. Default: the primary role.",
    )
    timeout: PositiveInt = Field(default=600, description="Time limit in seconds.")
