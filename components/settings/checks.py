"""Checks that need more than one section: secrets that are named but not set, roles, files on disk."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from .faults import Fault, faults_of
from .hooks import unknown_hook
from .proxy import Proxy
from .settings import Settings


def check_roles(settings: Settings) -> Iterator[Fault]:
    """The primary role is there, and what roles say of their proxy holds."""
    default = type(settings).model_fields["primary_role"].default
    only = len(settings.servers) == 1 and settings.primary_role == default
    if settings.primary_role not in settings.servers and not only:
        found = ", ".join(sorted(settings.servers))
        yield Fault("primary_role", f'is "{settings.primary_role}", which is none of the roles: {found}')
        return
    for name, servers in settings.servers.items():
        try:
            proxy = settings.role_proxy(name)
        except ValidationError as error:
            yield from faults_of(error, Proxy, ("servers", name, "proxy"))
            continue
        if proxy and servers.strategy == "stop-first":
            yield Fault(
                f"servers.{name}.strategy",
                "is stop-first, which only a role without proxy can have: behind the proxy nothing is stopped first",
            )
    yield from _same_route_twice(settings)
    task = settings.release_task
    if task and task.role and task.role not in settings.servers:
        yield Fault("release_task.role", f'is "{task.role}", which is none of the roles')


def _same_route_twice(settings: Settings) -> Iterator[Fault]:
    """kamal-proxy refuses two services with one host name and path on one host."""
    owners: dict[tuple[str, str, str], str] = {}
    try:
        roles = settings.roles()
    except ValidationError:
        return
    for role in roles:
        if not role.proxy:
            continue
        for host in role.hosts:
            for name in role.proxy.all_hosts() or ("",):
                owner = owners.setdefault((host, name, role.proxy.path_prefix or "/"), role.name)
                if owner != role.name:
                    what = f"requests for {name}" if name else "all requests"
                    yield Fault(
                        f"servers.{role.name}.proxy",
                        f"takes {what} on {host}, as role {owner} does: give it a host or a path_prefix of its own",
                    )


def check_secrets(settings: Settings) -> Iterator[Fault]:
    """Every secret that is named is set."""
    for path, name in _named_secrets(settings):
        if name not in settings.secrets:
            yield Fault(path, f"{name} is not set; pulumi config set --secret --path 'secrets.{name}'")


def _named_secrets(settings: Settings) -> Iterator[tuple[str, str]]:
    registry = settings.registry
    if isinstance(registry.username, tuple):
        yield "registry.username[0]", registry.username[0]
    if registry.password:
        yield "registry.password[0]", registry.password
    if settings.ssh.key_data:
        yield "ssh.key_data[0]", settings.ssh.key_data
    for number, name in enumerate(settings.env.secret.values()):
        yield f"env.secret[{number}]", name
    for role, servers in settings.servers.items():
        for number, name in enumerate(servers.env.secret.values()):
            yield f"servers.{role}.env.secret[{number}]", name
    for hook, names in settings.hooks.secrets.items():
        for number, name in enumerate(names):
            yield f"hooks.secrets.{hook}[{number}]", name


def check_files(settings: Settings, project: Path) -> Iterator[Fault]:
    """The build context, its Dockerfile, and the hooks."""
    if settings.version is None:
        context = project / settings.builder.context
        if not context.is_dir():
            yield Fault("builder.context", f'is "{settings.builder.context}", which is no folder')
        elif not (context / settings.builder.dockerfile).resolve().is_relative_to(context.resolve()):
            yield Fault("builder.dockerfile", f'is "{settings.builder.dockerfile}", which is not in the build context')
        elif not (context / settings.builder.dockerfile).is_file():
            yield Fault("builder.dockerfile", f'is "{settings.builder.dockerfile}", which is not there in {context}')
    hooks = project / settings.hooks.path
    if "path" in settings.hooks.model_fields_set and not hooks.is_dir():
        yield Fault("hooks.path", f'is "{settings.hooks.path}", which is no folder')
    for file in sorted(hooks.iterdir()) if hooks.is_dir() else ():
        if file.suffix in (".sample", ".md") or file.name.startswith(".") or file.is_dir():
            continue
        path = f"hooks.path ({settings.hooks.path}/{file.name})"
        if fault := unknown_hook(file.name):
            yield Fault(path, fault)
        elif not file.stat().st_mode & 0o100:
            yield Fault(path, f"is not executable: chmod +x {settings.hooks.path}/{file.name}")


def check_secrecy(raw: Mapping[str, str], secret_keys: frozenset[str]) -> Iterator[Fault]:
    """Secrets are encrypted in the stack's file, and nothing else is: the rest is shown, and kept in clear."""
    if "secrets" in raw and "secrets" not in secret_keys:
        yield Fault(
            "secrets",
            "is in clear in the stack's file; set each with pulumi config set --secret --path 'secrets.NAME'",
        )
    for key in sorted(secret_keys & raw.keys() - {"secrets"}):
        yield Fault(
            key,
            "holds an encrypted value, but secrets alone stays secret; put the value there "
            "(pulumi config set --secret --path 'secrets.NAME') and give its name, as in env.secret",
        )
