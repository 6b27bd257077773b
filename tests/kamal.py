"""What Kamal 2.12 leaves on a host, made with the commands that it runs there, word for word.

Each method names the file of Kamal's source (under lib/kamal) that has the command. What Kamal does on the deployer (building, hooks)
leaves nothing on a host, and is not here.
"""

import base64
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

NUMBERS = itertools.count(1)

# configuration/proxy/run.rb: the image that Kamal 2.12 boots.
PROXY_IMAGE = "basecamp/kamal-proxy:v0.9.2"


@dataclass(frozen=True)
class Kamal:
    """Kamal's view of one app on one host.

    Attributes:
        run: Runs a shell command as the SSH user, in the home directory, and returns its output.
        host: The host as deploy.yml spells it.
        service: The app.
        destination: Its destination, "" for none.
        repository: The repository of its image, with the server.
        registry: The words of `docker login`: server, user name, password.
    """

    run: Callable[[str], str]
    host: str
    service: str
    destination: str
    repository: str
    registry: tuple[str, str, str] = field(repr=False)

    @property
    def app(self) -> str:
        """The service with the destination, which folders are named after."""
        return "-".join(part for part in (self.service, self.destination) if part)

    def prefix(self, role: str) -> str:
        """The beginning of containers' names, and the name of the route: configuration/role.rb, container_prefix."""
        return "-".join(part for part in (self.service, role, self.destination) if part)

    def container(self, role: str, version: str) -> str:
        """The name of a container: configuration/role.rb, container_name."""
        return f"{self.prefix(role)}-{version}"

    def boot_proxy(self, *, image: str = PROXY_IMAGE) -> None:
        """`kamal proxy boot`: commands/docker.rb create_network, commands/proxy.rb ensure_apps_config_directory and run."""
        self.run("docker network create kamal 2>/dev/null || true")
        self._log_in()
        self.run("mkdir -p .kamal/proxy/apps-config")
        self.run(
            "docker container start kamal-proxy 2>/dev/null || "
            "docker run --name kamal-proxy --network kamal --detach --restart unless-stopped "
            "--volume kamal-proxy-config:/home/kamal-proxy/.config/kamal-proxy "
            "--volume $PWD/.kamal/proxy/apps-config:/home/kamal-proxy/.apps-config "
            f'--publish 80:80 --publish 443:443 --log-opt max-size="10m" {image}'
        )

    def deploy(
        self,
        version: str,
        roles: Mapping[str, str],
        *,
        web_host: str,
        app_port: int = 80,
        env: Mapping[str, str] | None = None,
        error_pages: bool = False,
    ) -> None:
        """`kamal deploy` of some roles, each with its command ("" for the image's own); `web` is behind kamal-proxy.

        cli/build.rb pull, cli/app/boot.rb run, commands/app.rb tag_latest_image.
        """
        self._log_in()
        image = f"{self.repository}:{version}"
        # commands/builder/base.rb: clean, pull, validate_image.
        self.run(f"docker image rm --force {image} 2>/dev/null; docker pull {image}")
        self.run(f"docker inspect -f '{{{{ .Config.Labels.service }}}}' {image} | grep -x {self.service}")
        if error_pages:
            self._upload_error_pages(version)
        for role, command in roles.items():
            self._audit(f"Booted app version {version}", role)
            # cli/app/boot.rb run: start_new_version.
            self.run(f"mkdir -p .kamal/apps/{self.app}/env/roles")
            self._upload(f".kamal/apps/{self.app}/env/roles/{role}.env", "TOKEN=t0ken\n", "0600")
            self.run(" ".join(self._run_words(version, role, command, image, env or {})))
            if role == "web":
                self._route(version, role, web_host, app_port, error_pages=error_pages)
        latest = f"latest-{self.destination}" if self.destination else "latest"
        self.run(f"docker tag {image} {self.repository}:{latest}")

    def lock(self, holder: str, version: str) -> None:
        """`kamal lock acquire`: commands/lock.rb."""
        details = f"Locked by: {holder} at 2026-11-30T12:00:00Z\nVersion: {version}\nMessage: Automatic deploy lock"
        encoded = base64.b64encode(details.encode()).decode()
        self.run(
            f'mkdir -p .kamal && mkdir .kamal/lock-{self.app} && echo "{encoded}" > .kamal/lock-{self.app}/details'
        )

    def release_lock(self) -> None:
        """`kamal lock release`: commands/lock.rb."""
        self.run(f"rm .kamal/lock-{self.app}/details && rm -r .kamal/lock-{self.app}")

    def forget(self, roles: Sequence[str]) -> None:
        """Remove everything at once, as a test's end does; Kamal takes longer for that."""
        names = " ".join(f"--filter name=^{self.prefix(role)}-" for role in roles)
        self.run(
            f'containers=$(docker ps --all --quiet {names}); [ -z "$containers" ] || docker rm --force $containers'
        )
        for role in roles:
            self.run(f"docker exec kamal-proxy kamal-proxy remove {self.prefix(role)} 2>/dev/null || true")
        self.run(
            f"rm -rf .kamal/apps/{self.app} .kamal/lock-{self.app} .kamal/{self.app}-audit.log "
            f".kamal/proxy/apps-config/{self.app} .docker/config.json"
        )

    def _log_in(self) -> None:
        """commands/registry.rb: login."""
        server, username, password = self.registry
        self.run(f'docker login {server} -u "{username}" -p "{password}" 2>/dev/null')

    def _run_words(self, version: str, role: str, command: str, image: str, env: Mapping[str, str]) -> list[str]:
        """commands/app.rb: run."""
        destination = [f'--env KAMAL_DESTINATION="{self.destination}"'] if self.destination else []
        return [
            "docker run --detach --restart unless-stopped",
            f"--name {self.container(role, version)} --network kamal",
            f"--hostname {self.host[:51]}-{next(NUMBERS):012x}",
            f'--env KAMAL_CONTAINER_NAME="{self.container(role, version)}" --env KAMAL_VERSION="{version}"',
            f'--env KAMAL_HOST="{self.host}"',
            *destination,
            *(f'--env {name}="{value}"' for name, value in env.items()),
            f"--env-file .kamal/apps/{self.app}/env/roles/{role}.env",
            '--log-opt max-size="10m"',
            f'--label service="{self.service}" --label role="{role}"',
            # An empty value without a destination: utils.rb argumentize.
            f'--label destination="{self.destination}"' if self.destination else "--label destination",
            image,
            command,
        ]

    def _route(self, version: str, role: str, web_host: str, app_port: int, *, error_pages: bool) -> None:
        """commands/app/proxy.rb deploy, configuration/proxy.rb deploy_options."""
        pages = f'--error-pages="/home/kamal-proxy/.apps-config/{self.app}/error_pages/{version}"'
        self.run(
            f"docker exec kamal-proxy kamal-proxy deploy {self.prefix(role)} "
            f'--target="$(docker container ls --quiet --filter name=^{self.container(role, version)}$):{app_port}" '
            f'--host="{web_host}" --deploy-timeout="30s" --drain-timeout="30s" --buffer-requests --buffer-responses '
            '--log-request-header="Cache-Control" --log-request-header="Last-Modified" --log-request-header="User-Agent"'
            f"{f' {pages}' if error_pages else ''}"
        )

    def _upload_error_pages(self, version: str) -> None:
        """cli/app/error_pages.rb: run."""
        folder = f".kamal/proxy/apps-config/{self.app}/error_pages/{version}"
        self.run(f"mkdir -p {folder}")
        self._upload(f"{folder}/503.html", "<h1>Kamal's page</h1>\n", "0644")

    def _audit(self, message: str, role: str) -> None:
        """commands/auditor.rb: record."""
        destination = f" [{self.destination}]" if self.destination else ""
        line = f"[2026-11-30T12:00:00Z] [deployer@example.invalid]{destination} [{role}] {message}"
        self.run(f'mkdir -p .kamal && echo "{line}" >> .kamal/{self.app}-audit.log')

    def _upload(self, path: str, text: str, mode: str) -> None:
        """SSHKit's upload, with a mode."""
        encoded = base64.b64encode(text.encode()).decode()
        self.run(f"echo {encoded} | base64 -d > {path} && chmod {mode} {path}")
