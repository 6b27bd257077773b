"""The route of an accessory that gets requests."""

from __future__ import annotations

from ..errors import StepError
from ..proxy.client import ProxyError, ProxyMissingError, ProxyRefusedError, ProxyStoppedError, route_flags
from ..proxy_container import await_answer, revive_proxy
from ..records.records import AccessoryRecord
from ..spec import SwitchSpec
from ..step.step import Step


def route_to(step: Step, record: AccessoryRecord, container: str) -> None:
    """Have kamal-proxy route the accessory's requests to a container.

    Args:
        step: The step.
        record: The accessory, with its route.
        container: The first 12 digits of the container's id.

    Raises:
        StepError: kamal-proxy refuses it, or is not there.
    """
    route = record.proxy
    if not route:
        return
    target = f"{container}:{route.app_port}"
    limits = SwitchSpec("", ROUTE_LIMIT, record.stop_timeout, 0, drain_timeout=record.drain_timeout or 0)
    step.wait_for(f"kamal-proxy to route to {record.service}")
    try:
        _deploy(step, record.service, target, route_flags(limits, route))
    except ProxyMissingError:
        raise StepError(
            "kamal-proxy is not on this host any more. Prepare the host again: pulumi up --replace, with the URN of its "
            "prepare step."
        ) from None
    except ProxyRefusedError as refusal:
        raise StepError(f"its route was refused by kamal-proxy: {refusal}.") from None
    except ProxyError as lost:
        found = await_answer(step).get(record.service)
        if not found or target not in found.targets:
            raise StepError(f"kamal-proxy ended before it routed to {record.service} ({lost}). Deploy again.") from None


ROUTE_LIMIT = 30
"""Seconds that kamal-proxy's own check may take. The container has answered one before."""


def _deploy(step: Step, service: str, target: str, flags: list[str]) -> None:
    try:
        step.proxy.deploy(service, target, flags)
    except ProxyStoppedError:
        revive_proxy(step)
        step.proxy.deploy(service, target, flags)
