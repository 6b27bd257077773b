"""`.local/env`: what a shell needs to run this project's Pulumi."""

import os
import secrets
import shlex
from pathlib import Path

from dev.toolchain.layout import BIN, ENVIRONMENT, LOCAL, PULUMI_HOME, VENV


def write(cli: Path, stand_ins: bool) -> None:
    """Write the file, and make the passphrase and the folder of the state if they are not there.

    :param cli: the folder with `pulumi`.
    :param stand_ins: whether plugins built here stand in for official ones that cannot be downloaded.
    """
    (LOCAL / "state").mkdir(parents=True, exist_ok=True)
    passphrase = LOCAL / "passphrase"
    if not passphrase.exists():
        _write(passphrase, secrets.token_urlsafe(32) + "\n", 0o600)
    path = ":".join(str(folder) for folder in dict.fromkeys((VENV / "bin", cli, BIN)))
    lines = [
        "# Source this: `. .local/env`. Written by `python3 -m dev.toolchain`.",
        f"export PATH={shlex.quote(path)}:$PATH",
        f"export VIRTUAL_ENV={shlex.quote(str(VENV))}",
        f"export PULUMI_HOME={shlex.quote(str(PULUMI_HOME))}",
        "export PULUMI_SKIP_UPDATE_CHECK=true",
        # Compiled once, the program starts faster.
        "unset PYTHONDONTWRITEBYTECODE",
        _default("PULUMI_BACKEND_URL", f"file://{LOCAL / 'state'}"),
        'if [ -z "${PULUMI_CONFIG_PASSPHRASE:-}" ]; then',
        _default("PULUMI_CONFIG_PASSPHRASE_FILE", str(passphrase)),
        "fi",
    ]
    if stand_ins:
        # What is not installed cannot be downloaded: looking for it would cost seconds at every run.
        lines.append("export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true")
        # Nor does a plugin that lies on the PATH get in the way of the one that was installed.
        lines.append("export PULUMI_IGNORE_AMBIENT_PLUGINS=true")
    sandbox = shlex.quote(str(LOCAL / "sandbox" / "env"))
    lines.append(f"if [ -f {sandbox} ]; then . {sandbox}; fi")
    _write(ENVIRONMENT, "\n".join(lines) + "\n", 0o644)


def _write(file: Path, text: str, mode: int) -> None:
    """All of it or nothing: a passphrase cut short would lock the state, and another shell may read the file now."""
    unfinished = file.with_name(f"{file.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as stream:
        stream.write(text)
    unfinished.replace(file)


def _default(name: str, value: str) -> str:
    """An export that leaves alone what the user has set."""
    return f'[ -n "${{{name}:-}}" ] || {name}={shlex.quote(value)}; export {name}'
