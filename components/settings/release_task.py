"""`release_task`: what runs once a version before any host switches, as a migration does."""

from pydantic import Field

from .section import Count, Section
from .servers import Cmd


class ReleaseTask(Section):
    """A container of the new image with the new environment, on the primary host."""

    cmd: Cmd = Field(min_length=1, description="The command: a text or a list of words.")
    role: str | None = Field(None, description="The role whose environment it has; by default the primary role.")
    timeout: Count = Field(600, description="Seconds that it may take.")
