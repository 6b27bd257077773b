"""Any config is either settings or a report: never a traceback, never a secret."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import SettingsError
from components.settings import Settings, load_settings
from components.settings.stack_schema import settings_schema
from tests.unit.settings.loading import VALID, raw_config, report_lines

KEYS = sorted(
    {key for model in (settings_schema(), *settings_schema()["$defs"].values()) for key in model.get("properties", ())}
)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.sampled_from(KEYS)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
CONFIGS = st.dictionaries(st.sampled_from(sorted(Settings.model_fields)), VALUES, max_size=4)

# A folder with a Dockerfile.
PROJECT = Path(__file__).resolve().parents[3] / "example"

JARGON = ("pydantic", "validation error", "Traceback", "input should", "https://errors", "[type=")


@given(config=CONFIGS, stack=st.text(max_size=8))
@settings(deadline=None, max_examples=400)
def test_any_config_is_settings_or_a_report(config: dict[str, Any], stack: str) -> None:
    try:
        loaded = load_settings(raw_config(VALID | config), stack=stack, secret_keys=["secrets"], project_dir=PROJECT)
    except SettingsError as error:
        assert report_lines(error)
        assert not [word for word in JARGON if word.lower() in str(error).lower()]
    else:
        assert loaded.roles
        assert loaded.boot_groups


@given(value=VALUES, key=st.sampled_from(["secrets", "registry", "ssh", "env"]))
@settings(deadline=None, max_examples=200)
def test_no_report_shows_a_secret(value: Any, key: str) -> None:
    secret = "s3cr3t-0123456789"
    config = {
        "secrets": {"secrets": {"A": {"x": secret}, "B": [secret], "C": f"{secret}\0"}, "service": value},
        "registry": {"registry": {"username": "me", "password": secret}, "service": value},
        "ssh": {"ssh": {"key_data": secret}, "service": value},
        "env": {"env": {"secret": [secret]}, "service": value},
    }[key]
    with pytest.raises(SettingsError) as caught:
        load_settings(raw_config(VALID | config), stack="prod", secret_keys=["secrets"], project_dir=PROJECT)
    assert secret not in str(caught.value)
