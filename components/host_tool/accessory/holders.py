"""Which accessory has a container's name on this host."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import StepError
from ..ownership import TAKE_OVER, stack_of
from ..records.accessory_folder import AccessoryFolder
from ..records.app_folder import AppFolder
from ..records.apps import accessory_records, other_accessory_records, other_app_record
from ..records.records import AccessoryRecord
from ..step.step import Step


@dataclass(frozen=True)
class Holder:
    """An accessory that has the name of a container.

    Attributes:
        app: Its app.
        folder: What the host remembers of it.
        record: Its record.
    """

    app: AppFolder
    folder: AccessoryFolder
    record: AccessoryRecord


def former_holders(step: Step, service: str) -> list[Holder]:
    """Return the other accessories that have a container's name, which the step's accessory takes over.

    It may from a former name of the accessory or of the app, or where the settings say so. Their data is in the same place.

    Raises:
        StepError: It may not.
    """
    holders = [holder for holder in _holders(step) if holder.record.service == service]
    for holder in holders:
        if refusal := _refusal(step, holder):
            raise StepError(refusal)
    return holders


def _holders(step: Step) -> list[Holder]:
    own = [
        Holder(step.folder, step.folder.accessory(name), record)
        for name, record in accessory_records(step.folder).items()
        if name != step.accessory
    ]
    others = [
        Holder(app, app.accessory(name), record)
        for app in step.folder.other_apps()
        for name, record in other_accessory_records(app).items()
    ]
    return own + others


def _refusal(step: Step, holder: Holder) -> str:
    ours, theirs = step.folder.app_record(), other_app_record(holder.app)
    called = f"its container would be called {holder.record.service}, as is that of accessory {holder.folder.name}"
    remedy = f"Set accessories.{step.accessory}.service"
    if holder.app.app == step.folder.app:
        wanted = ours and holder.folder.name in ours.accessories
        return f"{called} of the same app. {remedy}." if wanted else ""
    if ours and (ours.take_over or (theirs and theirs.owner.id == ours.owner.id)):
        return ""
    owner = stack_of(theirs.owner if theirs else None)
    return f"{called} of the app {holder.app.app} of {owner}. {remedy}, {TAKE_OVER}."
