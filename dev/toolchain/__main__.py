"""`python3 -m dev.toolchain [--sandbox] [--tests]`: have a Pulumi engine, its plugins and the Python environment, and say what is done."""

import argparse
import subprocess
import sys
import time
from pathlib import Path

from dev.toolchain import environment, plugins, python_env
from dev.toolchain.layout import BIN, BUILT, PLUGINS, PROJECT, PULUMI_HOME, TEST_VENV, VENV, EngineError
from dev.toolchain.lock import alone
from dev.toolchain.official import downloaded_cli, installed_cli
from dev.toolchain.pieces import CLI, EXECUTOR, KAMAL_PROXY, LANGUAGE_HOST, VEGETA, Piece, install_executor
from dev.toolchain.pieces import PLUGINS as PLUGIN_PIECES
from dev.toolchain.progress import say


def main() -> int:
    """Do all that is needed; a second run takes about a second."""
    parser = argparse.ArgumentParser(prog="python3 -m dev.toolchain", description=__doc__)
    parser.add_argument("--sandbox", action="store_true", help="also what the sandbox needs")
    parser.add_argument("--tests", action="store_true", help="also what sandbox and tests need")
    options = parser.parse_args()
    started = time.monotonic()
    try:
        for folder in (BUILT, BIN, PULUMI_HOME / "plugins"):
            folder.mkdir(parents=True, exist_ok=True)
        with alone(BUILT / "lock"):
            _set_up(sandbox=options.sandbox or options.tests, tests=options.tests)
    # A full disk or a program that does not answer is told in a line, too.
    except (EngineError, OSError, subprocess.SubprocessError) as error:
        print(f"engine: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("engine: interrupted; the next run goes on from here.", file=sys.stderr)
        return 130
    say(f"ready in {time.monotonic() - started:.0f} s")
    return 0


def _set_up(*, sandbox: bool, tests: bool) -> None:
    python_env.ensure(VENV, PROJECT / "requirements.txt")
    if tests:
        python_env.ensure(TEST_VENV, PROJECT / "tests" / "requirements.txt")
    pulumi, official = _official_cli()
    wanted = [*([KAMAL_PROXY] if sandbox else []), *([VEGETA] if tests else [])]
    stand_ins = [
        name for name, version in PLUGINS.items() if not (official and plugins.install_official(pulumi, name, version))
    ]
    if not official:
        wanted += [CLI, LANGUAGE_HOST]
    wanted += [PLUGIN_PIECES[name] for name in stand_ins]
    built = _build(wanted)
    if official:
        # A language host built earlier would be found on the PATH before the official CLI's own.
        for name in (CLI.program, LANGUAGE_HOST.program, EXECUTOR):
            (BIN / name).unlink(missing_ok=True)
    else:
        install_executor()
    for name in stand_ins:
        piece = PLUGIN_PIECES[name]
        plugins.install_built(pulumi, name, PLUGINS[name], piece, built[piece])
    environment.write(pulumi.parent, bool(stand_ins))


def _official_cli() -> tuple[Path, bool]:
    """The `pulumi` that is going to run, and whether it is the official one."""
    if installed := installed_cli():
        return installed, True
    # Built once, there is no need to ask again at each run.
    if not CLI.is_built() and (downloaded := downloaded_cli()):
        return downloaded / "pulumi", True
    return BIN / "pulumi", False


def _build(wanted: list[Piece]) -> dict[Piece, Path]:
    built = {}
    for number, piece in enumerate(wanted, start=1):
        built[piece] = piece.build(number, len(wanted))
        if piece not in PLUGIN_PIECES.values():
            piece.link(built[piece])
    return built


if __name__ == "__main__":
    sys.exit(main())
