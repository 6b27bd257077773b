"""Faults of the settings in words: a path and a sentence each."""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError

from .section import shown

# Kamal's keys that have another name here, or none yet.
KAMAL = {
    "hooks_path": "is hooks.path here",
    "asset_path": "is not supported yet",
    "error_pages_path": "is not supported yet",
    "accessories": "is not supported yet: run databases and the like beside this program",
    "aliases": "is not needed: a stack has no commands of its own",
    "volumes": "is servers.ROLE.options.volume here",
    "labels": "is servers.ROLE.labels here",
    "logging": "is servers.ROLE.options here: log-driver, log-opt",
    "allow_empty_roles": "is not supported: a role needs hosts",
    "require_destination": "is not needed: every stack has a name",
    "minimum_version": "is not needed: the lock file says which versions run",
    "run_directory": "is not supported: it is .kamal, in the home of the SSH user",
    "secrets_path": "is not needed: secrets are in the stack's config (pulumi config set --secret)",
    "hooks_output": "is not needed: the output of hooks is always shown",
    "builder.arch": "is builder.platform here: amd64 is linux/amd64",
    "builder.remote": "is not supported: DOCKER_HOST says where images are built",
    "builder.local": "is not supported: DOCKER_HOST says where images are built",
    "builder.driver": "is not supported: the engine's own BuildKit builds",
    "builder.secrets": "is not supported yet",
    "builder.ssh": "is not supported yet",
    "builder.pack": "is not supported: a Dockerfile says how the image is built",
    "builder.provenance": "is not supported yet",
    "builder.sbom": "is not supported yet",
    "ssh.keys": "is not supported: add the key to the SSH agent (ssh-add), or use ssh.key_data",
    "ssh.proxy_command": "is not supported: use ssh.proxy",
    "ssh.config": "is not supported: say it in ssh",
    "ssh.keys_only": "is not supported: the SSH agent has the keys, or ssh.key_data",
    "ssh.forward_agent": "is not supported: the SSH agent stays with the deployer",
    "ssh.log_level": "is not supported yet",
    "sshkit": "is not needed: pulumi up --parallel N says how much runs side by side",
    "output": "is not supported yet",
    "traefik": "is proxy since Kamal 2",
    "healthcheck": "is proxy.healthcheck since Kamal 2",
    "boot.parallel_roles": "is not supported yet",
    "proxy.healthcheck.port": "is not supported: the probe goes to proxy.app_port",
    "proxy.path_prefixes": "is not supported yet: path_prefix takes one",
    "proxy.strip_path_prefix": "is not supported yet",
    "proxy.ssl_redirect": "is not supported yet: terminate TLS before the hosts",
    "proxy.logging": "is not supported yet",
    "proxy.run.publish": "is not supported yet",
    "proxy.run.bind_ips": "is not supported yet",
    "proxy.run.debug": "is not supported yet",
    "proxy.run.metrics_port": "is not supported yet",
    "servers.ROLE.volumes": "is options.volume here",
    "servers.ROLE.logging": "is options here: log-driver, log-opt",
    "servers.ROLE.asset_path": "is not supported yet",
    "servers.ROLE.tags": "is not supported yet: use roles",
    "env.tags": "is not supported yet: use roles",
}

WANTED = {
    "string_type": "a text",
    "string_unicode": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "dict_type": "a map",
    "model_type": "a map",
    "list_type": "a list",
    "tuple_type": "a list",
}


class Fault(NamedTuple):
    """What is wrong, and where."""

    path: str
    sentence: str

    @property
    def key(self) -> str:
        """The key of the config that it is about."""
        return re.split(r"[.\[ ]", self.path, maxsplit=1)[0]

    def __str__(self) -> str:
        return f"{self.path}: {self.sentence}"


def faults_of(error: ValidationError, model: type[BaseModel], prefix: tuple[str | int, ...] = ()) -> list[Fault]:
    """The faults in a Pydantic error about `model`, in our words; `prefix` goes before each path."""
    return [_fault(details, model, prefix) for details in error.errors(include_url=False)]


def _fault(details: Mapping[str, Any], model: type[BaseModel], prefix: tuple[str | int, ...]) -> Fault:
    place = details["loc"]
    path = _path((*prefix, *place))
    kind, context, found = details["type"], details.get("ctx", {}), details.get("input")
    if place[:1] == ("secrets",) and kind != "value_error":
        return Fault(path, "should be a map of names to texts")
    if kind == "extra_forbidden":
        return Fault(path, _unknown(path, str(place[-1]), _known_keys(model, place[:-1])))
    if kind == "missing":
        return Fault(path, "is missing")
    if kind == "value_error":
        return Fault(path, str(context["error"]))
    if kind in WANTED:
        return Fault(path, f"should be {WANTED[kind]}, found {shown(found)}")
    return Fault(path, f"{_expected(kind, context, details['msg'])}, found {shown(found)}")


def _expected(kind: str, context: Mapping[str, Any], message: str) -> str:
    match kind:
        case "literal_error":
            return f"should be one of {str(context['expected']).replace(chr(39), '')}"
        case "greater_than_equal":
            return f"should be {context['ge']} or more"
        case "less_than_equal":
            return f"should be {context['le']} or less"
        case "too_short":
            return f"should have {context['min_length']} or more entries"
        case _:
            return message[0].lower() + message[1:]


def _path(place: Iterable[str | int]) -> str:
    path = ""
    for step in place:
        # Pydantic's word for "the key itself": the step before is that key.
        if step == "[key]":
            continue
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += f".{step}" if path else step
    return path


def _known_keys(model: type[BaseModel], place: Iterable[str | int]) -> list[str]:
    """The keys of the section at `place` below `model`."""
    section: type[BaseModel] = model
    for step in place:
        field = section.model_fields.get(str(step))
        if field is not None:
            section = next(iter(_sections(field.annotation)), section)
    return [field.alias or name for name, field in section.model_fields.items()]


def _sections(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [section for part in get_args(annotation) for section in _sections(part)]


def _of_role(path: str) -> str:
    return re.sub(r"^servers\.[^.]+\.", "servers.ROLE.", path)


def _unknown(path: str, key: str, known: list[str]) -> str:
    # A role's proxy and env have the keys of the app's.
    for place in (path, re.sub(r"^servers\.[^.]+\.(?=proxy\.|env\.)", "", path), _of_role(path)):
        if place in KAMAL:
            return KAMAL[place]
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
    return f"is not a known key; {hint}"
