"""Checks that involve several settings, or files: roles, secrets, the build context, hooks."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

from .accessory_checks import check_accessories, check_accessory_files, hosts_of_accessories, secrets_of_accessories
from .builder_checks import check_builder
from .certificate_checks import check_certificates
from .container_checks import check_containers
from .docker_options import takes_host_port
from .hooks import check_hook_name
from .hosts import canonical_host
from .problem import Problem, report
from .proxy import ProxySettings
from .settings import DEFAULT_PRIMARY_ROLE, Settings
from .ssl import SslSettings
from .tls import all_routed, check_tls


def check_settings(settings: Settings, project_dir: Path) -> None:
    """Check settings whose fields are valid as a whole, such as those that a program has made itself.

    Args:
        settings: The settings.
        project_dir: The Pulumi project's folder, which paths in the settings are relative to.

    Raises:
        SettingsError: Listing all problems, one on a line, sorted.
    """
    problems = [
        *check_destination(settings),
        *check_hosts(settings),
        *check_skipped_hosts(settings),
        *check_roles(settings),
        *check_containers(settings),
        *check_builder(settings),
        *check_accessories(settings),
        *check_secrets(settings),
        *check_certificates(settings),
        *check_files(settings, project_dir),
    ]
    if problems:
        raise report(problems)


def check_destination(settings: Settings) -> Iterator[Problem]:
    """Yield that there is no destination though one is required."""
    if settings.require_destination and not settings.destination:
        yield Problem("destination", "is none, and require_destination is true; leave it out to use the stack's name")


def check_hosts(settings: Settings) -> Iterator[Problem]:
    """Yield hosts that are spelled in two ways: each spelling would be a host of its own, with its own settings."""
    spellings: dict[str, str] = {}
    for path, host in _host_references(settings):
        spelling = spellings.setdefault(canonical_host(host), host)
        if host != spelling:
            yield Problem(path, f"{host} is the same host as {spelling}; spell it the same everywhere")


def check_skipped_hosts(settings: Settings) -> Iterator[Problem]:
    """Yield hosts that cannot be left out of the deploy."""
    for number, host in enumerate(settings.skip_hosts):
        if host not in settings.hosts:
            yield Problem(
                f"skip_hosts[{number}]", f"{host} is not one of the hosts: {', '.join(sorted(settings.hosts))}"
            )
    remaining = settings.without_hosts(settings.skip_hosts).servers
    task = settings.release_task
    needed = {settings.primary_role_name, (task and task.role) or settings.primary_role_name}
    with_hosts = {name for name, role in settings.servers.items() if role.hosts}
    for role in sorted(needed & with_hosts - remaining.keys()):
        yield Problem("skip_hosts", f"leaves no host of role {role}, which the deploy needs")


def _host_references(settings: Settings) -> Iterator[tuple[str, str]]:
    for role, role_settings in settings.servers.items():
        for number, host in enumerate(role_settings.hosts):
            yield f"servers.{role}.hosts[{number}]", host
    yield from hosts_of_accessories(settings)
    ssh = settings.ssh
    for key, by_host in (("users", ssh.users), ("ports", ssh.ports), ("host_keys", ssh.host_keys)):
        for host in by_host:
            yield f"ssh.{key}.{host}", host


def check_roles(settings: Settings) -> Iterator[Problem]:
    """Yield roles that are missing or contradict each other."""
    names = ", ".join(sorted(settings.servers))
    only_role = len(settings.servers) == 1 and settings.primary_role == DEFAULT_PRIMARY_ROLE
    if settings.primary_role not in settings.servers and not only_role:
        yield Problem("primary_role", f'"{settings.primary_role}" is not one of the roles: {names}')
    yield from _check_empty_roles(settings)
    for name, role in settings.servers.items():
        if role.strategy == "stop-first" and settings.role_proxies[name]:
            yield Problem(
                f"servers.{name}.strategy",
                "stop-first is only possible for a role without proxy; "
                "behind the proxy, the new container always starts first",
            )
    yield from _check_published_ports(settings)
    yield from _check_routes(settings)
    yield from check_tls(settings)
    yield from _check_tags(settings)
    task = settings.release_task
    if task and task.role and task.role not in settings.servers:
        yield Problem("release_task.role", f'"{task.role}" is not one of the roles: {names}')


def _check_empty_roles(settings: Settings) -> Iterator[Problem]:
    """Yield roles without hosts, unless they are allowed and nothing needs them."""
    task = settings.release_task
    for name, role in settings.servers.items():
        if role.hosts:
            continue
        if not settings.allow_empty_roles:
            yield Problem(f"servers.{name}.hosts", "is empty; a role needs at least one host")
        elif name == settings.primary_role_name:
            yield Problem(
                f"servers.{name}.hosts", "is empty; the primary role needs a host, also with allow_empty_roles"
            )
        elif task and task.role == name:
            yield Problem(f"servers.{name}.hosts", "is empty, but the release task runs on a host of this role")


def _check_tags(settings: Settings) -> Iterator[Problem]:
    """Yield variables of tags that no host has."""
    tags = {tag for role in settings.servers.values() for given in role.tags.values() for tag in given}
    known = f"tags are {', '.join(sorted(tags))}" if tags else "no host has a tag"
    for tag in settings.env.tags.keys() - tags:
        yield Problem(
            f"env.tags.{tag}", f"no host has this tag; {known}. Write it beside a host of a role: HOST: {tag}"
        )


def _check_published_ports(settings: Settings) -> Iterator[Problem]:
    """Yield ports of the host that a role's new container cannot publish, as the old one has them when it starts."""
    for name, role in settings.servers.items():
        if settings.role_proxies[name]:
            remedy = "remove it (kamal-proxy routes requests to proxy.app_port), or publish it from a stop-first role without proxy"
        elif role.strategy == "start-first":
            remedy = "set strategy: stop-first"
        else:
            continue
        for published in filter(takes_host_port, role.options.get("publish", ())):
            yield Problem(
                f"servers.{name}.options.publish",
                f"{published} cannot be published by the new container while the old one runs; {remedy}",
            )


def _check_routes(settings: Settings) -> Iterator[Problem]:
    """Yield roles and accessories with the same route: kamal-proxy refuses two services with the same host name and path."""
    routes: dict[tuple[str, str, str], str] = {}
    for routed in all_routed(settings):
        for host, served, path in product(routed.hosts, routed.proxy.all_hosts() or ("",), routed.proxy.all_paths()):
            other = routes.setdefault((canonical_host(host), served, path), routed.name)
            if other != routed.name:
                requests = f"requests for {served}" if served else "all requests"
                yield Problem(
                    routed.own_path,
                    f"gets {requests} on {host}, and so does {other}; give it its own host or path_prefix",
                )


def check_secrets(settings: Settings) -> Iterator[Problem]:
    """Yield references to secrets that are not set."""
    for path, name in _secret_references(settings):
        if name not in settings.secrets:
            yield Problem(
                path, f"the secret {name} is not set; run pulumi config set --secret --path 'deploy:secrets.{name}'"
            )


def _secret_references(settings: Settings) -> Iterator[tuple[str, str]]:
    registry = settings.registry
    if isinstance(registry.username, tuple):
        yield "registry.username[0]", registry.username[0]
    if registry.password:
        yield "registry.password[0]", registry.password[0]
    if settings.ssh.key_data:
        yield "ssh.key_data[0]", settings.ssh.key_data[0]
    for number, name in enumerate(settings.env.secret_names().values()):
        yield f"env.secret[{number}]", name
    for tag, env in settings.env.tags.items():
        for number, name in enumerate(env.secret_names().values()):
            yield f"env.tags.{tag}.secret[{number}]", name
    for role, role_settings in settings.servers.items():
        for number, name in enumerate(role_settings.env.secret_names().values()):
            yield f"servers.{role}.env.secret[{number}]", name
    for path, proxy in _proxies(settings):
        if isinstance(proxy.ssl, SslSettings):
            yield f"{path}.ssl.certificate_pem", proxy.ssl.certificate_pem[0]
            yield f"{path}.ssl.private_key_pem", proxy.ssl.private_key_pem[0]
    for number, name in enumerate(settings.builder.secrets):
        yield f"builder.secrets[{number}]", name
    yield from secrets_of_accessories(settings)
    for hook, names in settings.hooks.secrets.items():
        for number, name in enumerate(names):
            yield f"hooks.secrets.{hook}[{number}]", name


def _proxies(settings: Settings) -> Iterator[tuple[str, ProxySettings]]:
    yield "proxy", settings.proxy
    for role, role_settings in settings.servers.items():
        if isinstance(role_settings.proxy, ProxySettings):
            yield f"servers.{role}.proxy", role_settings.proxy


def check_files(settings: Settings, project_dir: Path) -> Iterator[Problem]:
    """Yield what is wrong with the build context, its Dockerfile, and the hooks."""
    if settings.version is None:
        yield from _check_build(settings, project_dir)
    yield from _check_hooks(settings, project_dir)
    yield from check_accessory_files(settings, project_dir)


def _check_build(settings: Settings, project_dir: Path) -> Iterator[Problem]:
    builder = settings.builder
    context = project_dir / builder.context
    dockerfile = context / builder.dockerfile
    if not context.is_dir():
        yield Problem("builder.context", f'"{builder.context}" is not a directory')
    elif not dockerfile.resolve().is_relative_to(context.resolve()):
        yield Problem("builder.dockerfile", f'"{builder.dockerfile}" is outside the build context')
    elif not dockerfile.is_file():
        yield Problem("builder.dockerfile", f'there is no file "{builder.dockerfile}" in {context}')


def _check_hooks(settings: Settings, project_dir: Path) -> Iterator[Problem]:
    hooks = project_dir / settings.hooks.path
    if not hooks.is_dir():
        if "path" in settings.hooks.model_fields_set:
            yield Problem("hooks.path", f'"{settings.hooks.path}" is not a directory')
        return
    for file in sorted(hooks.iterdir()):
        if file.suffix in (".sample", ".md") or file.name.startswith(".") or file.is_dir():
            continue
        path = f"hooks.path ({settings.hooks.path}/{file.name})"
        try:
            check_hook_name(file.name)
        except ValueError as error:
            yield Problem(path, str(error))
        else:
            if not file.stat().st_mode & 0o100:
                yield Problem(path, f"is not executable; run chmod +x {settings.hooks.path}/{file.name}")
