"""What Kamal 2.12 leaves on a host, made with the commands that it runs there, word for word.

Each method names the file of Kamal's source (under lib/kamal) that has the command. What Kamal does on the deployer (building, hooks)
leaves nothing on a host, and is not here. The commands were compared with those that Kamal 2.12.0 itself ran on the sandbox's hosts, and
what both leave there (`docker inspect`, networks, routes, files) was, too.
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

    def boot_proxy(self, *, image: str = PROXY_IMAGE, run: tuple[str, str] | None = None) -> None:
        """`kamal proxy boot`: commands/docker.rb create_network, commands/proxy.rb ensure_apps_config_directory and run.

        Args:
            image: kamal-proxy's image.
            run: Options of its container and flags of `kamal-proxy run`, where deploy.yml has `proxy.run`.
        """
        self._create_network()
        self._log_in()
        self.run("mkdir -p .kamal/proxy/apps-config")
        docker_run = (
            "docker run --name kamal-proxy --network kamal --detach --restart unless-stopped "
            "--volume kamal-proxy-config:/home/kamal-proxy/.config/kamal-proxy "
            "--volume $PWD/.kamal/proxy/apps-config:/home/kamal-proxy/.apps-config"
        )
        if run:
            options, flags = run
            new = f"{docker_run} --publish 80:80 --publish 443:443 {options} {image} kamal-proxy run {flags}"
        else:
            repository, _, tag = image.rpartition(":")
            options = '"--publish 80:80 --publish 443:443 --log-opt max-size=10m"'
            new = (
                f"echo $(cat .kamal/proxy/options 2> /dev/null || echo {options}) "
                f'$(cat .kamal/proxy/image 2> /dev/null || echo "{repository}"):'
                f'$(cat .kamal/proxy/image_version 2> /dev/null || echo "{tag}") '
                f'$(cat .kamal/proxy/run_command 2> /dev/null || echo "") | xargs {docker_run}'
            )
        self.run(f"docker container start kamal-proxy 2>/dev/null || {new}")

    def deploy(
        self,
        version: str,
        roles: Mapping[str, str],
        *,
        web_host: str,
        app_port: int = 80,
        env: Mapping[str, str] | None = None,
        error_pages: bool = False,
        asset_path: str = "",
    ) -> None:
        """`kamal deploy` of some roles, each with its command ("" for the image's own); `web` is behind kamal-proxy, and has assets.

        cli/build.rb pull, cli/app/boot.rb run, commands/app.rb tag_latest_image. What follows is `prune`.
        """
        self._log_in()
        image = f"{self.repository}:{version}"
        # commands/builder/base.rb: clean, pull, validate_image.
        self.run(f"docker image rm --force {image} 2>/dev/null; docker pull {image}")
        self.run(f"docker inspect -f '{{{{ .Config.Labels.service }}}}' {image} | grep -x {self.service}")
        self._audit(f"Pulled image with version {version}")
        if error_pages:
            self._upload_error_pages(version)
        assets = {"web": asset_path} if asset_path else {}
        for role in assets:
            self._sync_assets(version, role, asset_path, image)
        for role, command in roles.items():
            old = self._rename_clashing(version, role)
            self._audit(f"Booted app version {version}", role)
            # cli/app/boot.rb run: start_new_version.
            self.run(f"mkdir -p .kamal/apps/{self.app}/env/roles")
            self._upload(f".kamal/apps/{self.app}/env/roles/{role}.env", "TOKEN=t0ken\n", "0600")
            words = self._run_words(version, role, command, image, env or {}, assets.get(role, ""))
            self.run(" ".join(words))
            if role == "web":
                self._route(version, role, web_host, app_port, error_pages=error_pages)
            if old:
                self._stop(role, old)
                if role in assets:
                    self._clean_up_assets(version, role)
        self._audit(f"Tagging {image} as the latest image")
        self.run(f"docker tag {image} {self.latest_image}")

    def boot_accessory(self, name: str, image: str, *, command: str = "", directory: str = "") -> None:
        """`kamal accessory boot`: cli/accessory.rb boot, commands/accessory.rb run.

        Args:
            name: Its name.
            image: Its image.
            command: Its command, "" for the image's own.
            directory: A folder of its data, as deploy.yml has it: `data:/data`; "" for none.
        """
        service = f"{self.service}-{name}"
        self._log_in()
        self._create_network()
        self._audit(f"Booted {name} accessory")
        volume = ""
        if directory:
            local, _, remote = directory.partition(":")
            self.run(f"mkdir -p $PWD/{service}/{local}")
            volume = f"--volume $PWD/{service}/{local}:{remote}"
        folder = f".kamal/apps/{self.app}/env/accessories"
        self.run(f"mkdir -p {folder}")
        self._upload(f"{folder}/{name}.env", "\n", "0600")
        self.run(
            f"docker run --name {service} --detach --restart unless-stopped --network kamal "
            f'--log-opt max-size="10m" --env KAMAL_HOST="{self.host}" --env-file {folder}/{name}.env {volume} '
            f'--label service="{service}" {image} {command}'
        )

    def stop_requests(self, role: str) -> None:
        """`kamal app maintenance`: commands/app/proxy.rb maintenance."""
        self.run(f'docker exec kamal-proxy kamal-proxy stop {self.prefix(role)} --drain-timeout="30s"')

    def lock(self, holder: str, version: str) -> None:
        """`kamal lock acquire`: commands/lock.rb."""
        details = f"Locked by: {holder} at 2026-11-30T12:00:00Z\nVersion: {version}\nMessage: Automatic deploy lock"
        # In lines, as Ruby's Base64.encode64 has it.
        encoded = base64.encodebytes(details.encode()).decode()
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

    @property
    def latest_image(self) -> str:
        """What the version that was deployed last is tagged with: configuration.rb, latest_image."""
        return f"{self.repository}:{f'latest-{self.destination}' if self.destination else 'latest'}"

    def _create_network(self) -> None:
        """commands/docker.rb: create_network."""
        self.run("docker network create kamal 2>/dev/null || true")

    def _running_version(self, role: str) -> str:
        """commands/app.rb: current_running_version."""
        destination = f"--filter label=destination={self.destination}"
        listed = (
            f"docker ps --latest --format '{{{{.Names}}}}' --filter label=service={self.service} {destination} "
            f"--filter label=role={role} --filter status=running --filter status=restarting"
        )
        image = f"$(docker image ls --filter reference={self.latest_image} --format '{{{{.ID}}}}')"
        version = f"while read line; do echo ${{line#{self.prefix(role)}-}}; done"
        return self.run(f"{{ {listed} --filter ancestor={image} ; {listed} ; }} | head -1 | {version}").strip()

    def _rename_clashing(self, version: str, role: str) -> str:
        """Return the version that runs; a container of the new one's name is given another: cli/app/boot.rb."""
        name = self.container(role, version)
        if self.run(f"docker container ls --all --filter 'name=^{name}$' --quiet").strip():
            renamed = f"{version}_replaced_{next(NUMBERS):016x}"
            self._audit(f"Renaming container {version} to {renamed}", role)
            self.run(f"docker rename {name} {self.container(role, renamed)}")
        return self._running_version(role)

    def _stop(self, role: str, version: str) -> None:
        """commands/app.rb: stop. Of a role without proxy for as long as `drain_timeout`."""
        limit = "" if role == "web" else " -t 30"
        name = self.container(role, version)
        self.run(f"docker container ls --all --filter 'name=^{name}$' --quiet | xargs docker stop{limit}")

    def _assets(self, kind: str, role: str, version: str) -> str:
        """configuration/role.rb: asset_extracted_directory, asset_volume_directory."""
        return f".kamal/apps/{self.app}/assets/{kind}/{role}-{version}"

    def _sync_assets(self, version: str, role: str, path: str, image: str) -> None:
        """cli/app/assets.rb run: commands/app/assets.rb extract_assets, sync_asset_volumes."""
        container, extracted = f"{self.prefix(role)}-assets", self._assets("extracted", role, version)
        self.run(
            f"mkdir -p {extracted} && docker container rm {container} 2> /dev/null || true && "
            f"docker container create --name {container} {image} && "
            f"docker container cp -L {container}:{path}/. {extracted} && docker container rm {container}"
        )
        volume = self._assets("volumes", role, version)
        commands = [f"mkdir -p {volume}", f"cp -rnT {extracted} {volume}"]
        if old := self._running_version(role):
            commands.append(f"cp -rnT {extracted} {self._assets('volumes', role, old)} || true")
            commands.append(f"cp -rnT {self._assets('extracted', role, old)} {volume} || true")
        self.run(" ; ".join(commands))

    def _clean_up_assets(self, version: str, role: str) -> None:
        """commands/app/assets.rb: clean_up_assets."""
        for kind in ("extracted", "volumes"):
            self.run(
                f"find .kamal/apps/{self.app}/assets/{kind} -maxdepth 1 -name '{role}-*' ! -name {role}-{version} "
                '-exec rm -rf "{}" +'
            )

    def prune(self) -> None:
        """`kamal prune all`, which ends a deploy: commands/prune.rb app_containers, dangling_images, tagged_images.

        It removes what all destinations of the service have, and so what tests beside this one have that share it.
        """
        service = f"--filter label=service={self.service}"
        self.run(
            f"docker ps -q -a {service} --filter status=created --filter status=exited --filter status=dead | "
            "tail -n +6 | while read container_id; do docker rm $container_id; done"
        )
        self._audit("Pruned containers")
        self.run(f"docker image prune --force {service}")
        active = f"$(docker container ls -a --format '{{{{.Image}}}}\\|' {service} | tr -d '\\n')"
        self.run(
            f"docker image ls {service} --format '{{{{.ID}}}} {{{{.Repository}}}}:{{{{.Tag}}}}' | "
            f'grep -v -w "{active}{self.latest_image}\\|{self.repository}:<none>" | '
            "while read image tag; do docker rmi $tag; done"
        )
        self._audit("Pruned images")

    def _log_in(self) -> None:
        """commands/registry.rb: login."""
        server, username, password = self.registry
        self.run(f'docker login {server} -u "{username}" -p "{password}" 2>/dev/null')

    def _run_words(
        self, version: str, role: str, command: str, image: str, env: Mapping[str, str], asset_path: str
    ) -> list[str]:
        """commands/app.rb: run."""
        assets = self._assets("volumes", role, version)
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
            *([f"--volume $PWD/{assets}:{asset_path}"] if asset_path else []),
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

    def _audit(self, message: str, role: str = "") -> None:
        """commands/auditor.rb: record."""
        tags = "".join(f" [{tag}]" for tag in (self.destination, role) if tag)
        line = f"[2026-11-30T12:00:00Z] [deployer@example.invalid]{tags} {message}"
        self.run(f'mkdir -p .kamal && echo "{line}" >> .kamal/{self.app}-audit.log')

    def _upload(self, path: str, text: str, mode: str) -> None:
        """SSHKit's upload, with a mode."""
        encoded = base64.b64encode(text.encode()).decode()
        self.run(f"echo {encoded} | base64 -d > {path} && chmod {mode} {path}")
