"""takeover APP OWNER STACK: the roles of the app's former owner that the new one does not want are removed from this host.

The last step of a deploy that takes an app over: each role that stays has been switched by then. The former owner's teardowns
take nothing down any more, and the new one has none for these roles.
"""

from __future__ import annotations

from ..owner import Owner
from ..step.step import Step
from .remove import remove_role


def run(step: Step, owner_id: str, stack: str) -> None:
    """Remove the roles that the app's owner does not want, if that is the one who asks."""
    app = step.folder.app_record()
    if not app or not app.take_over or not app.owner.is_same(Owner(owner_id, stack)):
        return
    for role in step.folder.roles():
        name = role.path.name
        if name not in app.roles:
            step.say(f"removing role {name} of the app's former owner")
            remove_role(step, name)
