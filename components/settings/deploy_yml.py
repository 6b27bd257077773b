"""Every key of Kamal 2.12's deploy.yml, and what it is here.

A key that `KAMAL_KEY_HINTS` names is refused with that sentence, and so is all below it; every other one is a key of the
settings, with the same name and meaning. `tests/unit/settings/deploy.yml` has each of them, and a test holds them against the
settings.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .kamal_keys import KAMAL_KEY_HINTS

# By path, in the order of Kamal's documentation: what somebody who comes from Kamal should know. ROLE and NAME stand for names.
DEPLOY_YML = {
    "service": "",
    "image": "",
    "labels": "",
    "servers": "a list of hosts, or roles; a host may have tags",
    "servers.ROLE.hosts": "",
    "servers.ROLE.cmd": "",
    "servers.ROLE.env": "the keys of `env` but for `tags`",
    "servers.ROLE.labels": "",
    "servers.ROLE.options": "a fixed port in `publish` needs `strategy: stop-first`",
    "servers.ROLE.logging": "",
    "servers.ROLE.proxy": "`true`, `false`, or keys of `proxy`",
    "servers.ROLE.asset_path": "",
    "servers.ROLE.stop_timeout": "",
    "env": "a plain mapping is all clear, as in Kamal",
    "env.clear": "values arrive byte for byte, also empty ones; a variable of the host (`${NAME}`) is refused",
    "env.secret": "`NAME` or `NAME:SECRET`; several lines arrive as they are",
    "env.tags": "",
    "registry": "without it, Docker Hub without a login",
    "registry.server": "hosts pull from it themselves: there is no tunnel to a registry on the deployer (`localhost:PORT`)",
    "registry.username": "",
    "registry.password": "only as a list with the name of a secret",
    "builder": "",
    "builder.arch": "not required: by default the Docker engine's own",
    "builder.remote": "only `ssh://` ([builds](builds.md#a-builder-on-another-machine))",
    "builder.local": "",
    "builder.context": "relative to the Pulumi project's folder; always the committed files, unless `source` says otherwise",
    "builder.dockerfile": "",
    "builder.target": "",
    "builder.args": "",
    "builder.secrets": "",
    "builder.ssh": "`default`; a key in a file is refused",
    "builder.cache": "",
    "builder.cache.type": "",
    "builder.cache.options": "",
    "builder.cache.image": "",
    "builder.driver": "`docker` or `docker-container`, and `remote` for a BuildKit daemon; `cloud` is refused",
    "builder.pack": "",
    "builder.pack.builder": "",
    "builder.pack.buildpacks": "",
    "builder.provenance": "none by default",
    "builder.sbom": "",
    "volumes": "",
    "proxy": "",
    "proxy.host": "one name; several are in `proxy.hosts`",
    "proxy.hosts": "",
    "proxy.app_port": "",
    "proxy.ssl": "`true` for a role on one host, or a certificate of your own ([TLS](tls.md))",
    "proxy.ssl.certificate_pem": "",
    "proxy.ssl.private_key_pem": "",
    "proxy.ssl_redirect": "",
    "proxy.forward_headers": "",
    "proxy.response_timeout": "",
    "proxy.path_prefix": "",
    "proxy.path_prefixes": "",
    "proxy.strip_path_prefix": "",
    "proxy.healthcheck": "`port` and `host`, too",
    "proxy.healthcheck.path": "",
    "proxy.healthcheck.interval": "",
    "proxy.healthcheck.timeout": "",
    "proxy.buffering": "",
    "proxy.buffering.requests": "",
    "proxy.buffering.responses": "",
    "proxy.buffering.memory": "",
    "proxy.buffering.max_request_body": "",
    "proxy.buffering.max_response_body": "",
    "proxy.logging": "",
    "proxy.logging.request_headers": "none by default, where Kamal logs Cache-Control, Last-Modified and User-Agent",
    "proxy.logging.response_headers": "",
    "proxy.run": "a change replaces kamal-proxy in the next `pulumi up`; Kamal waits for `kamal proxy reboot`",
    "proxy.run.http_port": "",
    "proxy.run.https_port": "",
    "proxy.run.publish": "",
    "proxy.run.bind_ips": "",
    "proxy.run.log_max_size": "",
    "proxy.run.debug": "",
    "proxy.run.metrics_port": "",
    "proxy.run.registry": "",
    "proxy.run.repository": "",
    "proxy.run.version": "",
    "proxy.run.options": "",
    "accessories": "part of `pulumi up` ([accessories](accessories.md))",
    "accessories.NAME.service": "",
    "accessories.NAME.image": "with a tag or a digest",
    "accessories.NAME.registry": "without it the app's login where the image names its server",
    "accessories.NAME.host": "",
    "accessories.NAME.hosts": "",
    "accessories.NAME.role": "",
    "accessories.NAME.roles": "",
    "accessories.NAME.tag": "",
    "accessories.NAME.tags": "",
    "accessories.NAME.cmd": "",
    "accessories.NAME.port": "at 127.0.0.1 unless it names an address",
    "accessories.NAME.labels": "",
    "accessories.NAME.options": "",
    "accessories.NAME.env": "the keys of `env` but for `tags`",
    "accessories.NAME.files": "from the last commit; no templates (`.erb`); a mode in quotes",
    "accessories.NAME.directories": "they stay when the accessory goes, unless `delete_data` is set",
    "accessories.NAME.volumes": "with a name; they stay, too",
    "accessories.NAME.network": "",
    "accessories.NAME.proxy": "the keys of `proxy` but for `run`",
    "asset_path": "one folder or a list of them ([assets](assets.md))",
    "error_pages_path": "",
    "hooks_path": "",
    "hooks_output": "",
    "secrets_path": "",
    "require_destination": "a stack always has one, its name, unless `destination: none`",
    "primary_role": "",
    "allow_empty_roles": "",
    "retain_containers": "for each role of a host; Kamal counts all roles together",
    "minimum_version": "",
    "readiness_delay": "",
    "deploy_timeout": "",
    "drain_timeout": "",
    "stop_timeout": "",
    "run_directory": "",
    "boot": "",
    "boot.limit": "a percentage is one of the app's hosts",
    "boot.wait": "not after the last group",
    "boot.parallel_roles": "it switches roles at the same time; all candidates start at once anyway",
    "logging": "",
    "logging.driver": "",
    "logging.options": "",
    "ssh": "",
    "ssh.user": "",
    "ssh.port": "by host in `ssh.ports`",
    "ssh.proxy": "",
    "ssh.proxy_command": "",
    "ssh.log_level": "",
    "ssh.keys_only": "",
    "ssh.keys": "",
    "ssh.key_data": "the name of one secret",
    "ssh.config": "only `false`: OpenSSH's configuration files are not read",
    "ssh.forward_agent": "only `false`: the agent is not forwarded to the hosts",
    "sshkit": "",
    "sshkit.max_concurrent_starts": "",
    "sshkit.pool_idle_timeout": "",
    "sshkit.dns_retries": "",
    "output": "",
    "output.otel": "",
    "output.otel.endpoint": "",
    "output.file": "",
    "output.file.path": "",
    "aliases": "",
}

RENAMED = re.compile(r"use (?P<key>[a-z_.]+) instead(?: \((?P<note>.*)\))?(?P<more>.*)")


@dataclass(frozen=True)
class DeployYmlKey:
    """A key of deploy.yml, and what it is here.

    Attributes:
        path: The key.
        renamed: The key of the settings that is used instead, "" for none.
        refusal: The sentence with which the key is refused, "" if it is a key of the settings.
        refused_by: The key that the sentence is of: this one, or one above it; "" for none.
        note: What somebody who comes from Kamal should know.
    """

    path: str
    renamed: str
    refusal: str
    refused_by: str
    note: str


def deploy_yml_keys() -> Iterator[DeployYmlKey]:
    """Yield every key of deploy.yml."""
    for path, note in DEPLOY_YML.items():
        refused_by = next((prefix for prefix in _prefixes(path) if prefix in KAMAL_KEY_HINTS), "")
        refusal = KAMAL_KEY_HINTS.get(refused_by, "")
        found = RENAMED.fullmatch(refusal)
        yield DeployYmlKey(path, found["key"] if found else "", refusal, refused_by, note)


def _prefixes(path: str) -> Iterator[str]:
    """Yield a path and those of the sections that it is in, from the top."""
    keys = path.split(".")
    for length in range(1, len(keys) + 1):
        yield ".".join(keys[:length])
