"""The Pulumi engine and its plugins, found, downloaded or built: `python3 -m dev.toolchain`. See README.md here."""

import sys

# Runs under whatever Python is there, before any environment is made: the rest would fail with a traceback.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(f"engine: Python 3.11 or newer is needed, and this is {sys.version.split()[0]}.")
