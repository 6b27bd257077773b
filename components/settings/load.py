"""The settings of a stack, from its Pulumi config."""

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from .accessory_checks import check_accessories
from .builder_checks import check_builder
from .certificate_checks import check_certificates
from .checks import check_destination, check_files, check_hosts, check_roles, check_secrets, check_skipped_hosts
from .container_checks import check_containers
from .problem import Problem, problems_of, report
from .settings import Settings

# Keys whose values are strings. Pulumi passes the values of all other keys as JSON.
STRING_KEYS = frozenset({"service", "image", "destination", "source", "version", "primary_role", "error_pages_path"})

# The defaults in Pulumi.yaml that stand for "not set".
UNSET = frozenset({"", "{}"})

# Values for required keys that are missing or not valid, so that the others can be checked.
PLACEHOLDERS = {"service": "app", "image": "app", "servers": ["host"]}


def load_settings(
    raw: Mapping[str, str], *, stack: str, secret_keys: Collection[str] = (), project_dir: Path = Path()
) -> Settings:
    """Read and check the settings of a stack.

    Args:
        raw: The Pulumi config of the project without its namespace: strings, and JSON for structured values.
        stack: The stack's name, which is the destination unless that is set.
        secret_keys: The keys whose values are encrypted, wholly or in part.
        project_dir: The Pulumi project's folder, which paths in the settings are relative to.

    Returns:
        The settings.

    Raises:
        SettingsError: Listing all problems, one on a line, sorted.
    """
    given = {key: text for key, text in raw.items() if text not in UNSET or key not in Settings.model_fields}
    problems = list(_check_encryption(given, frozenset(secret_keys)))
    # The value of a key that must not be encrypted must not be shown, so nothing else is reported of it.
    hidden = {problem.key for problem in problems}
    settings, invalid = _validate({"destination": stack, **{key: _parse(key, text) for key, text in given.items()}})
    if "destination" not in given:
        invalid = [_explain_stack_name(problem) for problem in invalid]
    problems += [problem for problem in invalid if problem.key not in hidden]
    reported = {problem.key for problem in problems}
    problems += [problem for problem in _check_valid(settings, reported, project_dir) if problem.key not in reported]
    if problems:
        raise report(problems)
    return settings


def _parse(key: str, text: str) -> Any:
    if key in STRING_KEYS:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _validate(values: Mapping[str, Any]) -> tuple[Settings, list[Problem]]:
    """Return the settings without the keys that are not valid, and what is wrong with these."""
    try:
        return Settings.model_validate(values), []
    except ValidationError as error:
        problems = problems_of(error, Settings)
        invalid = {details["loc"][0] for details in error.errors()}
    valid = {key: value for key, value in values.items() if key not in invalid}
    return Settings.model_validate(PLACEHOLDERS | valid), problems


def _check_valid(settings: Settings, invalid: set[str], project_dir: Path) -> Iterator[Problem]:
    """Yield problems between settings and with files, as far as the keys that they depend on are valid."""
    if "servers" not in invalid:
        yield from check_hosts(settings)
    if invalid.isdisjoint({"servers", "proxy", "primary_role", "allow_empty_roles"}):
        yield from check_roles(settings)
    if invalid.isdisjoint({"servers", "proxy", "primary_role", "volumes", "logging", "asset_path", "boot"}):
        yield from check_containers(settings)
    yield from check_destination(settings)
    yield from check_builder(settings)
    if invalid.isdisjoint({"servers", "proxy", "primary_role", "accessories", "service", "destination"}):
        yield from check_accessories(settings)
    if invalid.isdisjoint({"servers", "primary_role", "skip_hosts", "release_task", "accessories"}):
        yield from check_skipped_hosts(settings)
    if "secrets" not in invalid:
        yield from check_secrets(settings)
        yield from check_certificates(settings)
    if "version" not in invalid:
        yield from check_files(settings, project_dir)


def _check_encryption(raw: Mapping[str, str], secret_keys: frozenset[str]) -> Iterator[Problem]:
    """Yield secrets that are not encrypted, and encrypted values of other keys, which would not stay secret."""
    if "secrets" in raw and "secrets" not in secret_keys:
        yield Problem(
            "secrets", "must be encrypted; set each with pulumi config set --secret --path 'deploy:secrets.NAME'"
        )
    for key in sorted(secret_keys & raw.keys() - {"secrets"}):
        yield Problem(
            key,
            "has an encrypted value, but only the values in secrets stay secret; store it there "
            "(pulumi config set --secret --path 'deploy:secrets.NAME') and refer to it by its name, as in env.secret",
        )


def _explain_stack_name(problem: Problem) -> Problem:
    if problem.key != "destination":
        return problem
    hint = "the destination is the stack's name unless it is set (pulumi config set deploy:destination NAME)"
    return Problem(problem.path, f"{problem.message}; {hint}")
