"""Whatever a stack sets: it is settings, or a report. Never a traceback, never a secret."""

import json
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import SettingsError
from components.settings import load_settings
from components.settings.reference import _rows
from components.settings.settings import Settings

WORDS = sorted({part for path, _, _ in _rows(Settings, "") for part in path.split(".")})
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(WORDS)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
CONFIGS = st.dictionaries(st.sampled_from(sorted(Settings.model_fields)), VALUES, max_size=4)

# A folder with a Dockerfile.
PROJECT = Path(__file__).resolve().parents[3] / "example"

GOOD: dict[str, Any] = {"service": "shop", "image": "acme/shop", "servers": ["192.0.2.1"]}
JARGON = ("pydantic", "validation error", "Traceback", "input should", "https://errors", "[type=")


@given(config=CONFIGS, stack=st.text(max_size=8))
@settings(deadline=None, max_examples=400)
def test_any_config_is_settings_or_a_report(config: dict[str, Any], stack: str) -> None:
    raw = {key: value if isinstance(value, str) else json.dumps(value) for key, value in (GOOD | config).items()}
    try:
        loaded = load_settings(raw, stack=stack, secret_keys=["secrets"], project_dir=PROJECT)
    except SettingsError as error:
        head, *lines = str(error).splitlines()
        assert head == "the settings of this stack have faults:"
        assert lines
        assert not [word for word in JARGON if word.lower() in str(error).lower()]
    else:
        assert loaded.boot_groups()


@given(value=VALUES, key=st.sampled_from(["secrets", "registry", "ssh"]))
@settings(deadline=None, max_examples=200)
def test_no_report_shows_a_secret(value: Any, key: str) -> None:
    secret = "s3cr3t-0123456789"
    config = {
        "secrets": {"secrets": {"A": {"x": secret}, "B": [secret], "C": f"{secret}\0"}, "service": value},
        "registry": {"registry": {"username": "me", "password": secret}, "service": value},
        "ssh": {"ssh": {"key_data": secret}, "service": value},
    }[key]
    raw = {name: given if isinstance(given, str) else json.dumps(given) for name, given in (GOOD | config).items()}
    try:
        load_settings(raw, stack="prod", secret_keys=["secrets"], project_dir=PROJECT)
    except SettingsError as error:
        assert secret not in str(error)
    else:
        raise AssertionError("a bad secret was taken")
