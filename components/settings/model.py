"""The base class of the settings' models."""

from pydantic import BaseModel, ConfigDict


class SettingsModel(BaseModel):
    """A section of the settings: frozen, refuses unknown keys, and keeps values out of Pydantic's error messages."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True)
