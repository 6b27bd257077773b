"""From Pulumi config to Settings, or one report of everything that is wrong with it."""

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ..errors import SettingsError
from .checks import check_files, check_roles, check_secrecy, check_secrets
from .faults import Fault, faults_of
from .settings import Settings

# Keys whose values are texts; Pulumi hands over everything else as JSON.
TEXTS = frozenset({"service", "image", "destination", "source", "version", "primary_role"})

# The defaults in Pulumi.yaml that stand for "not set".
UNSET = frozenset({"", "{}"})

# For required keys that are missing or faulty, while the rest is checked.
STAND_INS = {"service": "app", "image": "app", "servers": ["host"]}


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
    given = {key: text for key, text in raw.items() if text not in UNSET or key not in Settings.model_fields}
    settings, own = _validated({"destination": stack, **{key: _value(key, text) for key, text in given.items()}})
    faults = list(check_secrecy(given, frozenset(secret_keys)))
    # What should not have been encrypted is told by its key alone: any other fault would show the value.
    hidden = {fault.key for fault in faults}
    faults += [fault if fault.path in given else _of_stack(fault) for fault in own if fault.key not in hidden]
    faulty = {fault.key for fault in faults}
    faults += [fault for fault in _across(settings, faulty, project_dir) if fault.key not in faulty]
    if faults:
        raise _report(faults)
    return settings


def _validated(values: Mapping[str, Any]) -> tuple[Settings, list[Fault]]:
    """The settings with what is wrong with single keys; faulty ones are replaced, so that the others can be checked."""
    try:
        return Settings.model_validate(values), []
    except ValidationError as error:
        faults = faults_of(error, Settings)
        faulty = {str(details["loc"][0]) for details in error.errors()}
    return Settings.model_validate({**STAND_INS, **{k: v for k, v in values.items() if k not in faulty}}), faults


def _across(settings: Settings, faulty: Collection[str], project_dir: Path) -> Iterator[Fault]:
    """What is wrong between several keys, or with files, as far as it does not hang on a key that is `faulty`."""
    if not {"servers", "proxy", "primary_role"} & set(faulty):
        yield from check_roles(settings)
    if "secrets" not in faulty:
        yield from check_secrets(settings)
    if "version" not in faulty:
        yield from check_files(settings, project_dir)


def _of_stack(fault: Fault) -> Fault:
    if fault.path != "destination":
        return fault
    return Fault(
        fault.path, f"{fault.sentence}: it is the stack's name unless set (pulumi config set destination NAME)"
    )


def _value(key: str, text: str) -> Any:
    if key in TEXTS:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _report(faults: Collection[Fault]) -> SettingsError:
    lines = sorted({str(fault) for fault in faults})
    return SettingsError("the settings of this stack have faults:\n" + "\n".join(f"  {line}" for line in lines))
