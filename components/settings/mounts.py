"""What an accessory mounts: files of the repository, folders of the host, volumes."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from .model import SettingsModel
from .values import format_value
from .volumes import Volume, split_volume

OPTIONS = re.compile(r"[a-zA-Z]+(,[a-zA-Z]+)*")
OWNER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?")


def _check_mode(value: Any) -> Any:
    # YAML reads 0600 without quotes as another number.
    if value is not None and not (isinstance(value, str) and re.fullmatch(r"0?[0-7]{3}", value)):
        raise ValueError(f'must be a mode in quotes such as "0600", not {format_value(value)}')
    return value


def _check_owner(value: str) -> str:
    if not OWNER.fullmatch(value):
        raise ValueError(
            f'must be a user, or user and group, such as "999" or "redis:redis", not {format_value(value)}'
        )
    return value


def _check_remote(value: str) -> str:
    if not value.startswith("/") or ":" in value or ".." in PurePosixPath(value).parts or value.strip("/") == "":
        raise ValueError(f"must be an absolute path in the container, not {format_value(value)}")
    return value


def _check_options(value: str) -> str:
    if not OPTIONS.fullmatch(value):
        raise ValueError(f"must be options of a mount such as ro or ro,z, not {format_value(value)}")
    return value


def _check_named(value: str) -> str:
    if not split_volume(value)[0]:
        raise ValueError(f"{format_value(value)} names no volume; the data in it would be lost with the container")
    return value


Mode = Annotated[str | None, BeforeValidator(_check_mode)]
Owner = Annotated[str, AfterValidator(_check_owner)]
RemotePath = Annotated[str, AfterValidator(_check_remote)]
MountOptions = Annotated[str, AfterValidator(_check_options)]
NamedVolume = Annotated[Volume, AfterValidator(_check_named)]


class MountSettings(SettingsModel):
    """What is mounted in the container of an accessory."""

    local: str = Field(min_length=1, description="Where it is on this side.")
    remote: RemotePath = Field(description="Its absolute path in the container.")
    mode: Mode = Field(default=None, description="Its mode, in quotes.")
    owner: Owner | None = Field(
        default=None,
        description="Its user, or user and group: numbers, or names that the image knows.",
    )
    options: MountOptions | None = Field(default=None, description="Options of the mount, such as `ro`.")

    @model_validator(mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        parts = value.split(":")
        if len(parts) not in (2, 3) or not all(parts):
            raise ValueError(f"must be LOCAL:REMOTE, LOCAL:REMOTE:OPTIONS or a mapping, not {format_value(value)}")
        return dict(zip(("local", "remote", "options"), parts, strict=False))


class FileMountSettings(MountSettings):
    """A file of the Git repository that is mounted in the container of an accessory."""

    local: str = Field(min_length=1, description="Its path, relative to the Pulumi project's folder.")
    mode: Mode = Field(default="755", description="Its mode, in quotes.")

    @field_validator("local")
    @classmethod
    def _check_local(cls, value: str) -> str:
        if value.startswith("/"):
            raise ValueError(f"must be relative to the Pulumi project's folder, not {format_value(value)}")
        if value.endswith(".erb"):
            raise ValueError(
                f"{format_value(value)} is a template, which is not evaluated here; commit the file itself, and pass what "
                "differs between stacks in env"
            )
        return value


class DirectoryMountSettings(MountSettings):
    """A folder of the host that is mounted in the container of an accessory."""

    local: str = Field(
        min_length=1,
        description="Its path, relative to the folder `service` in the SSH user's home directory, or an absolute path.",
    )
    mode: Mode = Field(
        default=None, description="Its mode, in quotes. Default: 755 for a new folder; one that is there keeps its own."
    )

    @model_validator(mode="after")
    def _check_inside(self) -> Self:
        path = PurePosixPath(self.local)
        if ".." in path.parts or path in (PurePosixPath("/"), PurePosixPath()) or ":" in self.local:
            raise ValueError(
                f"has local {format_value(self.local)}, which must be a folder below the accessory's, or absolute"
            )
        return self


FileMount = Annotated[
    FileMountSettings, BeforeValidator(lambda value: value, json_schema_input_type=FileMountSettings | str)
]
DirectoryMount = Annotated[
    DirectoryMountSettings, BeforeValidator(lambda value: value, json_schema_input_type=DirectoryMountSettings | str)
]
