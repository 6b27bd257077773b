"""Maintenance: kamal-proxy answers a role's requests with 503, its error page and a message."""

from __future__ import annotations

from ..errors import StepError
from ..proxy.client import ProxyError
from ..result import RouteFacts
from ..spec import SwitchSpec
from ..step.step import Step


def keep_maintenance(step: Step, spec: SwitchSpec, service: str, route: RouteFacts) -> None:
    """Turn the maintenance of a route on or off, as the settings say. It survives a deploy.

    Args:
        step: The step.
        spec: The switch.
        service: The name of the route.
        route: The route after the switch.

    Raises:
        StepError: kamal-proxy has not done that, or does not answer.
    """
    try:
        if spec.maintenance is not None:
            # Also where it is stopped already: the message may be another one.
            step.wait_for(f"open requests of role {step.role} to end before its maintenance")
            step.say("maintenance: kamal-proxy answers requests with 503")
            step.proxy.stop(service, spec.maintenance, spec.drain_timeout or 0)
        elif route.state != "running":
            step.say("no maintenance any more: kamal-proxy passes requests on")
            step.proxy.resume(service)
    except ProxyError as error:
        wanted = "off" if spec.maintenance is None else "on"
        raise StepError(
            f"the maintenance of role {step.role} was not turned {wanted}: {error}. Deploy again."
        ) from None
