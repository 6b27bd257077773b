"""What the stack's steps last said: the outputs of the last checkpoint, read from the engine."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import pulumi

from ..host_tool.json_codec import from_json
from ..host_tool.result import (
    KeptCertificate,
    KeptSecrets,
    Prepared,
    Running,
    RunningAccessory,
    StartedCandidate,
)
from ..host_tool.spec import NO_SECRETS, AccessorySpec, RouteSpec, SwitchSpec
from ..settings import Settings
from ..ssh_connection import SshConnection

COMMAND_TYPES = ("command:remote:Command", "command:local:Command")

T = TypeVar("T")


@dataclass(frozen=True)
class RoleState:
    """What the steps of a role on a host last said.

    Attributes:
        release: The release that was switched to, "" where the state has no switch.
        container: The first 12 digits of the id of its container.
        version: Its version.
        secrets_hash: The hash of its secret values; "-" for none.
        certificate_hash: The hash of its own TLS certificate, "" for none.
        candidate: The release of its last candidate, "" where the state has none.
        route: How the last switch was told to route its requests, None where it was not, or the state does not say.
        in_maintenance: Whether it was told that its requests are in maintenance.
    """

    release: str = ""
    container: str = ""
    version: str = ""
    secrets_hash: str = NO_SECRETS
    candidate: str = ""
    route: RouteSpec | None = None
    certificate_hash: str = ""
    in_maintenance: bool = False


@dataclass(frozen=True)
class AccessoryState:
    """What the steps of an accessory on a host last said.

    Attributes:
        container: The first 12 digits of the id of its container, "" where the state does not say.
        release: The hash of all that makes it.
        secrets_hash: The hash of its secret values; "-" for none.
        route: How the last step was told to route its requests, None where it was not, or the state does not say.
        certificate_hash: The hash of its own TLS certificate, "" for none.
    """

    container: str = ""
    release: str = ""
    secrets_hash: str = NO_SECRETS
    route: RouteSpec | None = None
    certificate_hash: str = ""


@dataclass(frozen=True)
class HostState:
    """What the steps on a host last said.

    Attributes:
        proxy: The first 12 digits of the id of kamal-proxy's container, "" where the state does not say.
        prepared: Whether the state has the step that prepares the host.
        roles: The roles by name; one that the state does not know is left out.
        accessories: The accessories by name, likewise.
    """

    proxy: str = ""
    prepared: bool = False
    roles: Mapping[str, RoleState] = field(default_factory=dict)
    accessories: Mapping[str, AccessoryState] = field(default_factory=dict)


class StackState:
    """The resources of a stack after its last update, be it a failed one."""

    def __init__(self, outputs: Mapping[str, Mapping[str, Any]], *, known: bool = True) -> None:
        """Take what the engine says.

        Args:
            outputs: By URN, the outputs of a resource.
            known: Whether the engine has told the state. Otherwise `outputs` is empty.
        """
        self.outputs, self.known = outputs, known
        self._commands = {
            urn.rpartition("::")[2]: found for urn, found in outputs.items() if _type_of(urn) in COMMAND_TYPES
        }

    def has(self, command: str) -> bool:
        """Return whether the state has a Command of this name."""
        return command in self._commands

    def resources(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the outputs of all resources of a type."""
        return [found for urn, found in self.outputs.items() if _type_of(urn) == kind]

    def has_component(self, kind: str, name: str) -> bool:
        """Return whether the state has a component of a type and a name."""
        return any(_type_of(urn) == kind and urn.endswith(f"::{name}") for urn in self.outputs)

    def commands(self, *beginnings: str) -> list[str]:
        """Return the names of the Commands that begin so, in the order of the beginnings."""
        return [name for beginning in beginnings for name in self._commands if name.startswith(beginning)]

    def commands_ending(self, ending: str) -> list[str]:
        """Return the names of the Commands that end so."""
        return [name for name in self._commands if name.endswith(ending)]

    def stdout(self, command: str) -> str:
        """Return what a Command printed, "" where the state does not have it."""
        return str(self._commands.get(command, {}).get("stdout") or "")

    def stdin(self, command: str) -> dict[str, Any]:
        """Return what a step of the host tool last read, {} where the state does not have it."""
        return _json(self._commands.get(command, {}).get("stdin"))

    def environment(self, command: str, variable: str) -> dict[str, Any]:
        """Return the JSON that a Command has in a variable of its environment, {} where the state does not have it."""
        return _json((self._commands.get(command, {}).get("environment") or {}).get(variable))

    def reason(self, command: str) -> str:
        """Return the reason for which a Command last had to run again, "" if there was none."""
        triggers = self._commands.get(command, {}).get("triggers") or [""]
        return str(triggers[0])

    def with_last_keys(self, connection: SshConnection, command: str) -> SshConnection:
        """Return a connection that expects the host keys that a Command was last told to expect, where they are known.

        Two people's known_hosts may hold keys of different types. That is no change.
        """
        last = self._commands.get(command, {}).get("connection") or {}
        endpoint = connection.endpoint.expecting(last.get("hostKey", ""))
        jump = connection.jump and connection.jump.expecting((last.get("proxy") or {}).get("hostKey", ""))
        return replace(connection, endpoint=endpoint, jump=jump)

    def host(self, name: str, roles: Iterable[str], accessories: Iterable[str] = ()) -> HostState:
        """Return what the steps on a host last said.

        Args:
            name: The name of the host's component.
            roles: The roles that the settings want there.
            accessories: The accessories that the settings want there.
        """
        prepared = self._result(Prepared, f"{name}-prepare")
        return HostState(
            proxy=(prepared and prepared.proxy_id) or "",
            prepared=self.has(f"{name}-prepare"),
            roles={role: self._role(f"{name}-{role}") for role in roles if self._has_role(f"{name}-{role}")},
            accessories={
                accessory: self._accessory(f"{name}-{accessory}-accessory")
                for accessory in accessories
                if self.has(f"{name}-{accessory}-accessory")
            },
        )

    def versions(self, deploy: str, settings: Settings) -> list[dict[str, str]]:
        """Return what the last deploy has left of each role on each host: a version with its digest.

        Args:
            deploy: The name of the deploy.
            settings: Its settings.
        """
        names = [f"{deploy}-{host}-{role.name}" for role in settings.roles for host in role.hosts]
        switches = [self._result(Running, f"{name}-switch") for name in names]
        return [{running.version: running.digest} for running in switches if running]

    def _has_role(self, name: str) -> bool:
        """Return whether the state has any step of a role. A first deploy may have failed before the switch."""
        return any(self.has(f"{name}-{step}") for step in ("secrets", "candidate", "switch"))

    def _role(self, name: str) -> RoleState:
        running = self._result(Running, f"{name}-switch")
        secrets = self._result(KeptSecrets, f"{name}-secrets")
        certificate = self._result(KeptCertificate, f"{name}-certificate")
        candidate = self._result(StartedCandidate, f"{name}-candidate")
        told = self._told(SwitchSpec, f"{name}-switch")
        return RoleState(
            release=running.release if running else "",
            container=running.container_id[:12] if running else "",
            version=running.version if running else "",
            secrets_hash=secrets.secrets_hash if secrets else NO_SECRETS,
            candidate=candidate.release if candidate else "",
            route=told.proxy if told else None,
            certificate_hash=certificate.certificate_hash if certificate else "",
            in_maintenance=told is not None and told.maintenance is not None,
        )

    def _accessory(self, name: str) -> AccessoryState:
        running = self._result(RunningAccessory, name)
        secrets = self._result(KeptSecrets, f"{name}-secrets")
        certificate = self._result(KeptCertificate, f"{name}-certificate")
        told = self._told(AccessorySpec, name)
        return AccessoryState(
            container=running.container_id[:12] if running else "",
            release=running.release if running else "",
            secrets_hash=secrets.secrets_hash if secrets else NO_SECRETS,
            route=told.proxy if told else None,
            certificate_hash=certificate.certificate_hash if certificate else "",
        )

    def _told(self, kind: type[T], command: str) -> T | None:
        """Return what a step was told, None where the state does not have it, or another release has told it."""
        try:
            return from_json(kind, json.dumps(self.stdin(command)))
        except ValueError:
            return None

    def _result(self, kind: type[T], command: str) -> T | None:
        """Return what a step printed, None where the state does not have it, or another release has printed it."""
        try:
            return from_json(kind, self.stdout(command))
        except ValueError:
            return None


def read_state(stack: str) -> StackState:
    """Ask the engine for the outputs of the stack's last checkpoint.

    Args:
        stack: organization/project/stack.
    """
    try:
        answer = pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {"stackName": stack}).value
        resources = answer["outputs"]
        return StackState({urn: resource.get("outputs") or {} for urn, resource in resources.items()})
    except Exception as error:
        # What fails here depends on the engine and the backend. Nothing but the comparison needs the answer.
        pulumi.log.debug(f"the engine does not tell the stack's state: {error}")
        return StackState({}, known=False)


def _json(text: Any) -> dict[str, Any]:
    try:
        return dict(json.loads(text or "{}"))
    except (TypeError, ValueError):
        return {}


def _type_of(urn: str) -> str:
    """Return the type in a URN: urn:pulumi:STACK::PROJECT::PARENTS$TYPE::NAME."""
    return urn.split("::")[2].rpartition("$")[2]
