"""The step that leaves secret values and a registry's login on a host."""

from collections.abc import Mapping

import pulumi

from .command import RemoteCommand, step_input, step_result
from .host_tool import spec
from .host_tool.result import KeptSecrets
from .secret import Secret
from .settings import RegistryLogin


def secrets_input(env: Mapping[str, Secret], server: str, login: RegistryLogin | None) -> pulumi.Output[str] | None:
    """Return the input of the step, None where there is nothing to leave.

    Args:
        env: The secret values by the names of their variables.
        server: The registry.
        login: The login to it, None where nobody logs in.
    """
    if not env and not login:
        return None
    registry = None
    if login:
        registry = spec.RegistryLoginSpec(server, login.username.reveal(), login.password.reveal())
    values = {name: secret.reveal() for name, secret in sorted(env.items())}
    return step_input(spec.SecretsSpec(env=values, registry=registry), secret=True)


def secrets_hash(command: RemoteCommand | None, env: Mapping[str, Secret]) -> pulumi.Input[str]:
    """Return the name under which the host keeps secret values: a keyed hash.

    It changes when a value does, and tells nothing about it. Without values nothing about the container waits for the step: a
    new password of the registry is no change.
    """
    if not command or not env:
        return spec.NO_SECRETS
    return step_result(command, KeptSecrets).apply(lambda kept: kept.secrets_hash)
