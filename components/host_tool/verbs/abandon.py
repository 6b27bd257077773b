"""abandon APP OWNER STACK RESOURCE: the resource that has deployed the app lets go of it.

The stack no longer has the step that prepares this host for the app. From now on a teardown takes its role down;
before, it does nothing.
"""

from __future__ import annotations

from dataclasses import replace

from ..owner import Owner
from ..step.step import Step


def run(step: Step, owner_id: str, stack: str, resource: str) -> None:
    """Let go of the app, if that resource holds it."""
    if not step.folder.app_record():
        return
    step.lock(step.folder.proxy_lock)
    app = step.folder.app_record()
    if app and app.resource == resource and app.owner.is_same(Owner(owner_id, stack)):
        step.folder.save_app(replace(app, resource=""))
