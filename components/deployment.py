"""The occasion of a deploy: who deploys and since when, found out once, when and only when something is deployed."""

import hashlib
import json

import pulumi

from .command import Words, on_deployer
from .host_tool.spec import parse_spec
from .settings import Settings

# Kamal's performer is git's user.email, else the login name. Only harmless characters: it ends up in logs.
SCRIPT = """
cat >/dev/null
performer=$(git config user.email || id -un)
printf 'performer: "%s"\\n' "$(printf %s "$performer" | tr -cd 'A-Za-z0-9@._+-')"
printf 'recorded_at: "%s"\\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
printf 'started_at: "%s"\\n' "$(date +%s)"
"""


class Deployment(pulumi.ComponentResource):
    """Runs anew with every change of what is deployed, so that every hook, which takes its word, runs anew too.

    Neither person nor time are inputs of anything: an unchanged `pulumi up` by somebody else changes nothing.
    """

    def __init__(self, settings: Settings, version: str, *, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the deployment of `version` by `settings`."""
        super().__init__("kamal:index:Deployment", settings.service, None, opts)
        command = on_deployer(
            "deployment",
            Words.of("sh", "-c", SCRIPT),
            environment={"KAMAL_VERSION": version, "SETTINGS": _fingerprint(settings)},
            # A changed secret alone is a deploy too. Its hash would be a clear hint at the secret; this is encrypted.
            stdin=pulumi.Output.secret(json.dumps(settings.secret_values(), sort_keys=True)),
            show_output=False,
            opts=pulumi.ResourceOptions(parent=self),
        )
        said = command.stdout.apply(parse_spec)
        self.performer = said["performer"]
        self.recorded_at = said["recorded_at"]
        self.started_at = said["started_at"]
        self.register_outputs({"performer": self.performer, "recorded_at": self.recorded_at})


def _fingerprint(settings: Settings) -> str:
    """A hash of the settings that shape a deploy. How the version was chosen is none of them, nor is any secret."""
    clear = settings.model_dump(mode="json", exclude={"secrets", "source", "version"})
    return hashlib.sha256(json.dumps(clear, sort_keys=True).encode()).hexdigest()[:16]
