"""Who an app on a host belongs to: one deploy of one stack."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Owner:
    """A deploy of a stack.

    Attributes:
        id: Made once, when the deploy is first declared, and kept in the stack's state: the stack may be renamed.
        stack: organization/project/stack, for messages, and for a stack whose state was lost.
    """

    id: str
    stack: str

    def is_same(self, other: Owner) -> bool:
        """Return whether another owner is the same deploy, or the same stack with a new state."""
        return self.id == other.id or self.stack == other.stack
