"""The user's hooks: Kamal's names and environment, each a Command that stands in the plan."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pulumi

from .command import Words, after, on_deployer, on_host
from .deployment import Deployment
from .host import Host
from .host_tool.spec import spec_text
from .naming import service_version
from .settings import Settings

# Seconds that the SSH login and the host tool need beyond the hook's own limit.
MARGIN = 30

# Hooks that run when they are new on a host, and never again.
ONCE = ("docker-setup",)

# The hook on the deployer, with a limit, and its failure told as the host tool tells it. KAMAL_RUNTIME is the time at
# which the hook starts, less the time at which the deploy did. `timeout` makes a process group of its own, so that
# the end of a cancelled deploy has to be passed on to it.
RUN = """\
limit=$1 hook=$2 status=0
if [ "${KAMAL_STARTED_AT-}" ]; then export KAMAL_RUNTIME=$(($(date +%s) - KAMAL_STARTED_AT)); fi
timeout -k 10 "$limit" "$hook" </dev/null &
trap 'kill "$!"' HUP INT TERM
wait "$!" || status=$?
case $status in
  0) exit ;;
  124 | 137) echo "hook ${hook##*/} did not end within $limit s, and was ended." ;;
  126 | 127) echo "hook ${hook##*/} cannot be run here: check its first line (#!) and what it calls." ;;
  *) echo "hook ${hook##*/} failed with exit status $status. Its last words are above." ;;
esac >&2
exit "$status"
"""


class Hook(pulumi.ComponentResource):
    """One hook, run where the settings say: on the primary host, on each host, or on the deployer.

    :ivar commands: what has to succeed before the deploy goes on.
    """

    def __init__(
        self,
        name: str,
        hooks: "Hooks",
        version: pulumi.Input[str],
        hosts: Sequence[Host],
        *,
        suffix: str = "",
        after_these: Sequence[pulumi.Resource] = (),
    ) -> None:
        """Declare hook `name` for `hosts`; `suffix` tells apart the runs of one hook in a deploy (boot groups)."""
        super().__init__("kamal:index:Hook", f"{name}{suffix}")
        self._name, self._resource_name = name, f"{name}{suffix}"
        self._hooks, self._settings = hooks, hooks.settings
        self._after = after_these
        environment = self._environment(version, [host.name for host in hosts] or hooks.settings.hosts())
        place = hooks.settings.hooks.place(name)
        if place == "deployer":
            self.commands: list[pulumi.Resource] = [self._on_deployer(environment)]
        else:
            # The primary host is the first, also of a group that it is in.
            chosen = hosts if place == "each" else hosts[:1]
            self.commands = [self._on_host(host, environment) for host in chosen]
        self.register_outputs({})

    def _environment(self, version: pulumi.Input[str], hosts: Sequence[str]) -> dict[str, pulumi.Input[str]]:
        """Kamal's variables, but for those that tell the person or the time: see `Deployment`."""
        settings = self._settings
        destination = {"KAMAL_DESTINATION": settings.destination} if settings.destination else {}
        return {
            "KAMAL_COMMAND": "deploy",
            **destination,
            "KAMAL_HOSTS": ",".join(hosts),
            # `pulumi up` holds the lock of the stack's state from its first to its last step.
            "KAMAL_LOCK": "true",
            "KAMAL_SERVICE": settings.service,
            "KAMAL_SERVICE_VERSION": pulumi.Output.from_input(version).apply(
                lambda version: service_version(settings.service, version)
            ),
            "KAMAL_VERSION": version,
        }

    def _on_deployer(self, environment: dict[str, pulumi.Input[str]]) -> pulumi.Resource:
        script = self._hooks.file(self._name)
        deployment = self._hooks.deployment
        secrets = {name: pulumi.Output.secret(value) for name, value in self._hooks.secrets(self._name).items()}
        runtime = {"KAMAL_STARTED_AT": deployment.started_at} if self._name == "post-deploy" else {}
        return on_deployer(
            self._resource_name,
            Words.of("sh", "-c", RUN, "sh", str(self._settings.hooks.timeout), f"./{script}"),
            environment={
                **secrets,
                **environment,
                **runtime,
                "KAMAL_PERFORMER": deployment.performer,
                "KAMAL_RECORDED_AT": deployment.recorded_at,
                # A changed script is a changed hook.
                "KAMAL_HOOK_SHA256": hashlib.sha256(script.read_bytes()).hexdigest(),
            },
            opts=self._options(),
        )

    def _options(self, *others: pulumi.Resource) -> pulumi.ResourceOptions:
        options = after(self, others, self._after)
        if self._name in ONCE:
            # What has run stays as it ran, whatever its inputs become.
            options.ignore_changes = ["create", "stdin", "environment", "connection"]
        return options

    def _on_host(self, host: Host, environment: dict[str, pulumi.Input[str]]) -> pulumi.Resource:
        limit = self._settings.hooks.timeout
        variables = [pulumi.Output.concat(name, "=", value) for name, value in environment.items()]
        script = self._hooks.file(self._name)
        deployment = self._hooks.deployment
        secrets = self._hooks.secrets(self._name)
        stdin = pulumi.Output.all(deployment.performer, deployment.recorded_at, deployment.started_at).apply(
            lambda said: spec_text(
                {
                    "KAMAL_PERFORMER": said[0],
                    "KAMAL_RECORDED_AT": said[1],
                    "started_at": said[2],
                    **{f"secret.{name}": value for name, value in secrets.items()},
                    "script": script.read_text(),
                }
            )
        )
        return on_host(
            f"{host.name}-{self._resource_name}",
            host.target,
            host.tool.call("hook", host.tool.app, self._name, str(limit), *variables, limit=limit + MARGIN),
            stdin=pulumi.Output.secret(stdin) if secrets else stdin,
            opts=self._options(host.prepared),
        )


class Hooks:
    """The hooks that the user has, and what they are told."""

    def __init__(self, settings: Settings, deployment: Deployment) -> None:
        """Nothing is declared yet: `run` does it, hook by hook."""
        self.settings = settings
        self.deployment = deployment

    def run(
        self,
        name: str,
        version: pulumi.Input[str],
        hosts: Sequence[Host] = (),
        *,
        suffix: str = "",
        after: Sequence[pulumi.Resource] = (),
    ) -> list[pulumi.Resource]:
        """Declare hook `name` if the user has it. What comes next waits for the returned resources."""
        if not self.file(name).exists():
            return list(after)
        hook = Hook(name, self, version, hosts, suffix=suffix, after_these=after)
        return [*after, *hook.commands]

    def file(self, name: str) -> Path:
        """The hook's executable, relative to the project's folder."""
        return Path(self.settings.hooks.path) / name

    def secrets(self, name: str) -> dict[str, str]:
        """The secrets in clear that the settings allow the hook."""
        return {key: self.settings.secret(key) for key in self.settings.hooks.secrets.get(name, ())}
