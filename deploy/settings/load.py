"""From Pulumi config to Settings, or one report of everything that is wrong with it."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from deploy.errors import SettingsError
from deploy.settings.checks import check_files, check_roles, check_secrecy, check_secrets
from deploy.settings.faults import Fault, faults_of
from deploy.settings.settings import Settings

# Keys whose values are texts; Pulumi hands over everything else as JSON.
TEXTS = frozenset({"service", "image", "destination", "source", "version", "primary_role"})

# The defaults in Pulumi.yaml that stand for "not set".
UNSET = frozenset({"", "{}"})


def load_settings(
    raw: Mapping[str, str], *, stack: str, secret_keys: Collection[str] = (), project_dir: Path = Path()
) -> Settings:
    """The settings of a stack.

    :param raw: the Pulumi config of the project, without its namespace: a text a key, JSON for anything structured.
    :param stack: the stack's name, which is the destination unless that is set.
    :param secret_keys: the keys that are encrypted, wholly or in part.
    :param project_dir: what paths in the settings are relative to.
    :raises SettingsError: with every fault, one a line, sorted.
    """
    given = {key: text for key, text in raw.items() if text not in UNSET}
    values: dict[str, Any] = {"destination": stack, **{key: _value(key, text) for key, text in given.items()}}
    faults = list(check_secrecy(given, frozenset(secret_keys)))
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise _report([*faults, *faults_of(error, Settings)]) from None
    faults += [*check_roles(settings), *check_secrets(settings), *check_files(settings, project_dir)]
    if faults:
        raise _report(faults)
    return settings


def _value(key: str, text: str) -> Any:
    if key in TEXTS:
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _report(faults: Collection[Fault]) -> SettingsError:
    lines = sorted({str(fault) for fault in faults})
    return SettingsError("the settings of this stack have faults:\n" + "\n".join(f"  {line}" for line in lines))
