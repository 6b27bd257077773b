"""Where the toolchain's files are."""

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LOCAL = PROJECT / ".local"

# Programs to be found on the PATH.
BIN = LOCAL / "engine" / "bin"

# Builds and downloads. Several clones can share a folder that this variable names.
SHARED = os.environ.get("KAMAL_ENGINE_CACHE", "")
BUILT = Path(SHARED).expanduser().resolve() if SHARED else BIN.parent

# The PULUMI_HOME of the sandbox, and the one of the user's own stacks where stand-in plugins are used.
SANDBOX_HOME = LOCAL / "pulumi"
STAND_IN_HOME = LOCAL / "pulumi-home"

# Virtual environments: the deploy program's, the tests' and the sandbox's.
VENV = PROJECT / ".venv"
TEST_VENV = LOCAL / "venv-tests"
SANDBOX_VENV = LOCAL / "venv-sandbox"

# Shell code to source, for the user's own stacks.
ENVIRONMENT = LOCAL / "env"
