"""Whose an app on a host is: this deploy's, by an id that stays when the stack is renamed."""

from dataclasses import dataclass

import pulumi

from .command import local_command
from .naming import owner_command
from .resource_options import child_of

NEW_ID = "od -An -N 8 -t x1 /dev/urandom | tr -d ' \\n'"


@dataclass(frozen=True)
class Ownership:
    """The owner of what a deploy leaves on its hosts.

    Attributes:
        id: Made when the deploy is first declared, and kept in the stack's state.
        stack: organization/project/stack.
    """

    id: pulumi.Output[str]
    stack: str

    @property
    def words(self) -> list[pulumi.Input[str]]:
        """The owner as words of a command."""
        return [self.id, self.stack]


def declare_owner(name: str, stack: str, parent: pulumi.Resource) -> Ownership:
    """Declare who owns what the deploy leaves on its hosts.

    Args:
        name: What tells the deploy from others of the program.
        stack: organization/project/stack.
        parent: The deploy.
    """
    command = local_command(owner_command(name), create=["sh", "-c", NEW_ID], show_output=False, opts=child_of(parent))
    return Ownership(command.stdout, stack)
