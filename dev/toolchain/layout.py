"""Where things are, and what the pieces are called."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LOCAL = PROJECT / ".local"
ENGINE = LOCAL / "engine"
BIN = ENGINE / "bin"
# What is built or downloaded; several clones may share it.
SHARED = os.environ.get("KAMAL_ENGINE_CACHE", "")
BUILT = Path(SHARED).expanduser().resolve() if SHARED else ENGINE
PULUMI_HOME = LOCAL / "pulumi"
VENV = PROJECT / ".venv"
TEST_VENV = LOCAL / "venv-tests"
ENVIRONMENT = LOCAL / "env"

CLI_VERSION = "3.259.0"
# The release of the Python SDK in requirements.txt: its executor goes with the language host.
SDK_VERSION = "3.272.0"
PLUGINS = {"docker": "5.2.0", "command": "1.2.1"}


class EngineError(Exception):
    """Something is missing that the user can mend; the text says what and how."""
