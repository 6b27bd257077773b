"""The start of a deploy: who started it and when. Found out once, and only when something is deployed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi

from .command import local_command
from .naming import content_hash
from .secret import Secret
from .settings import Settings

HOW_IT_IS_DEPLOYED = ("source", "version", "inspect", "skip_hosts", "take_over")
"""Settings that change nothing about what runs."""

SCRIPT = Path(__file__).with_suffix(".sh")


@dataclass(frozen=True)
class DeployStart:
    """Who started the deploy and when.

    Attributes:
        performer: As Kamal's KAMAL_PERFORMER.
        recorded_at: In UTC, as 2026-01-31T12:00:00Z.
        started_at: The same in seconds since 1970.
    """

    performer: pulumi.Output[str]
    recorded_at: pulumi.Output[str]
    started_at: pulumi.Output[int]


def declare_deploy_start(
    name: str, settings: Settings, version: str, programs: Mapping[str, str], opts: pulumi.ResourceOptions
) -> DeployStart:
    """Declare the Command that finds out who deploys and when.

    It runs again when the deploy's inputs change; the hooks depend on its output, so they run again too. Neither the
    person nor the time is an input of anything: an unchanged `pulumi up` by somebody else changes nothing.

    Args:
        name: The resource's name.
        settings: The settings of the deploy.
        version: The version that is deployed.
        programs: A hash of each hook's script, and of what runs the hooks.
        opts: Options of the Command.
    """
    command = local_command(
        name,
        create=["sh", "-s"],
        stdin=SCRIPT.read_text(encoding="ascii"),
        environment={
            "KAMAL_VERSION": version,
            "SETTINGS": _settings_hash(settings),
            "HOOKS": content_hash(dict(programs)),
            # A changed secret alone is a deploy, too. A hash in clear would be a hint at the secret; this is encrypted.
            "SECRETS": Secret(content_hash({key: secret.reveal() for key, secret in settings.secrets.items()})),
        },
        show_output=False,
        opts=opts,
    )
    output = command.stdout.apply(json.loads)
    return DeployStart(output["performer"], output["recorded_at"], output["started_at"])


def _settings_hash(settings: Settings) -> str:
    """Hash the settings that shape a deploy. How the version was chosen is none of them, nor is any secret.

    What has its default is left out: a release with a new setting does not change the hash of those who do not use it.
    """
    return content_hash(
        settings.model_dump(mode="json", exclude={"secrets", *HOW_IT_IS_DEPLOYED}, exclude_defaults=True)
    )
