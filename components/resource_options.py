"""Options of the resources: their parent, what they wait for, and what they were called in the first release."""

from collections.abc import Iterable

import pulumi


def urn_of(component: pulumi.ComponentResource) -> pulumi.Output[str]:
    """Return the URN of a component as a value that depends on nothing.

    `component.urn` waits for all its parts. One of them could not have it as an input.
    """

    async def urn() -> str:
        return str(await component.urn.future())

    return pulumi.Output.from_input(urn())


def child_of(
    parent: pulumi.Resource,
    *,
    depends_on: Iterable[pulumi.Resource] = (),
    formerly: str | None = None,
) -> pulumi.ResourceOptions:
    """Return the options of a resource inside a component.

    Args:
        parent: The component.
        depends_on: What has to succeed before the resource is created or updated.
        formerly: The end of its URN, `types::name`, in a state of the first release (commit 62f864e), where the
            deploy's resources had no common parent and no prefix in their names. Without this alias the engine would
            delete the old resource and create a new one, and a deleted teardown takes the app down.
    """
    options = pulumi.ResourceOptions(parent=parent, depends_on=list(depends_on))
    if formerly:
        options.aliases = [f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{formerly}"]
    return options
