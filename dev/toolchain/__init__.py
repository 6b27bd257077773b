"""The Pulumi CLI and plugins, found, downloaded or built: `python3 -m dev.toolchain`. See README.md here."""

import sys

# Checked here because other modules use syntax that an older Python would answer with a traceback.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        f"toolchain: Python 3.11 or newer is needed, and this is {sys.version.split()[0]}. "
        "If you have a newer one, name it: make PYTHON=python3.12 …"
    )
