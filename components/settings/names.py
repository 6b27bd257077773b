"""Names of apps, image tags, roles, environment variables and secrets."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from ..source import is_version
from .values import format_value

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_name(value: str) -> str:
    """Return the name of an app or a destination, which containers are named after."""
    if not NAME.fullmatch(value) or len(value) > 40:
        raise ValueError(
            f"{format_value(value)} is not a valid name; "
            "use at most 40 letters, digits, - and _, starting with a letter or digit"
        )
    return value


def _check_role_name(value: str) -> str:
    if not NAME.fullmatch(value) or len(value) > 30:
        raise ValueError(
            "is not a valid name for a role; use at most 30 letters, digits, - and _, starting with a letter or digit"
        )
    return value


def _check_host_tag(value: str) -> str:
    if not NAME.fullmatch(value):
        raise ValueError("is not a valid name for a tag; use letters, digits, - and _, starting with a letter or digit")
    return value


def _check_tag(value: str) -> str:
    if not is_version(value):
        raise ValueError(
            f"{format_value(value)} is not a valid tag; "
            "use at most 128 letters, digits, _, . and -, starting with a letter, digit or _"
        )
    return value


def _check_pinned_version(value: str) -> str:
    tag, at, digest = value.partition("@")
    if at and not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise ValueError(f"{format_value(value)} has no valid digest; after @ comes sha256: and 64 digits from 0 to f")
    _check_tag(tag)
    return value


def check_env_name(value: str) -> str:
    """Return a valid name of an environment variable."""
    if not ENV_NAME.fullmatch(value):
        raise ValueError("is not a valid name for a variable; use letters, digits and _, starting with a letter or _")
    return value


def check_own_env_name(value: str) -> str:
    """Return a valid name of an environment variable that the deploy does not set itself."""
    if value.startswith("KAMAL_"):
        raise ValueError("cannot be set: the deploy itself sets the variables that start with KAMAL_")
    return check_env_name(value)


def _refuse_clear_secret(value: Any) -> Any:
    # What is found here may be the secret itself, so no message shows it.
    if isinstance(value, str) and value:
        raise ValueError(
            "must not be in clear text; store the value as a secret "
            "(pulumi config set --secret --path 'deploy:secrets.NAME') and refer to it by its name in a list: [NAME]"
        )
    if not isinstance(value, list | tuple) or len(value) != 1 or not isinstance(value[0], str):
        raise ValueError("must be a list with the name of one secret: [NAME]")
    return value


SECRET_NAME_SCHEMA: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 1}

AppName = Annotated[str, AfterValidator(check_name)]
HostTag = Annotated[str, AfterValidator(_check_host_tag)]
ImageTag = Annotated[str, AfterValidator(_check_tag)]
PinnedVersionName = Annotated[str, AfterValidator(_check_pinned_version)]
RoleName = Annotated[str, AfterValidator(_check_role_name)]
EnvName = Annotated[str, AfterValidator(check_env_name)]
OwnEnvName = Annotated[str, AfterValidator(check_own_env_name)]
# Kamal refers to a secret by a list with its name, as a string would be the value itself.
SecretName = Annotated[tuple[str], BeforeValidator(_refuse_clear_secret), WithJsonSchema(SECRET_NAME_SCHEMA)]
