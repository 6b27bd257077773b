"""Set up what `make` needs: the Python environments, Pulumi, its plugins, and the programs of the sandbox and the tests."""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from dev.lock import exclusive_lock
from dev.toolchain import environment, executor, paths, plugins, python_env, versions
from dev.toolchain.download import downloaded_cli
from dev.toolchain.errors import ToolchainError
from dev.toolchain.go_programs import (
    BUILDCTL,
    BUILDKITD,
    BUILDX,
    CLI,
    KAMAL_PROXY,
    LANGUAGE_HOST,
    PEBBLE,
    VEGETA,
    GoProgram,
    link,
)
from dev.toolchain.go_programs import PLUGINS as STAND_INS
from dev.toolchain.installed_cli import installed_cli
from dev.toolchain.progress import say

# Seconds to wait for another run: one that builds everything takes about 12 minutes.
LOCK_LIMIT = 3600


def main() -> int:
    """Set up what the options ask for, and return the exit status."""
    options = _options()
    started = time.monotonic()
    try:
        for folder in (paths.BUILT, paths.BIN):
            folder.mkdir(parents=True, exist_ok=True)
        with exclusive_lock(
            paths.BUILT / "lock", waiting_for="another run of `python3 -m dev.toolchain`", limit=LOCK_LIMIT, say=say
        ):
            _set_up(options)
    # Also a full disk, or a program that does not answer.
    except (ToolchainError, OSError, subprocess.SubprocessError) as error:
        print(f"toolchain: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("toolchain: interrupted. To continue, run the same command again.", file=sys.stderr)
        return 130
    say(f"ready in {time.monotonic() - started:.0f} s")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m dev.toolchain", description=__doc__)
    options = parser.add_mutually_exclusive_group()
    options.add_argument("--check", action="store_true", help="only the Python environment of `make check`")
    options.add_argument("--sandbox", action="store_true", help="also what the sandbox needs")
    options.add_argument("--tls", action="store_true", help="also what the sandbox needs, with an ACME server")
    options.add_argument("--tests", action="store_true", help="also what the sandbox and the tests need")
    return parser.parse_args()


def _set_up(options: argparse.Namespace) -> None:
    if options.check or options.tests:
        python_env.ensure(paths.TEST_VENV, versions.TEST_LOCK)
    if options.check:
        return
    python_env.ensure(paths.VENV, versions.LOCK, for_pulumi=True)
    programs = []
    if options.sandbox or options.tls or options.tests:
        python_env.ensure(paths.SANDBOX_VENV, versions.SANDBOX_LOCK)
        programs.append(KAMAL_PROXY)
    if options.tls or options.tests:
        programs.append(PEBBLE)
    if options.tests:
        programs += [VEGETA, BUILDX, BUILDKITD, BUILDCTL]
    _set_up_pulumi(programs)


def _set_up_pulumi(programs: list[GoProgram]) -> None:
    """Set up Pulumi with its plugins, and build `programs`. Whatever is not official is built, too."""
    official = _official_cli()
    if official:
        pulumi = official
        stand_ins = [
            name for name, version in versions.PLUGINS.items() if not plugins.install_official(pulumi, name, version)
        ]
    else:
        pulumi = paths.BIN / CLI.name
        stand_ins = list(versions.PLUGINS)
        programs = [CLI, LANGUAGE_HOST, *programs]
    built = _build([*programs, *(STAND_INS[name] for name in stand_ins)])
    for program in programs:
        link(built[program], program.name)
    if official:
        # The official CLI would find a language host that was built earlier on the PATH, before its own.
        for name in (CLI.name, LANGUAGE_HOST.name, executor.NAME):
            (paths.BIN / name).unlink(missing_ok=True)
    else:
        executor.install()
    for name in stand_ins:
        plugins.install_stand_in(pulumi, name, versions.PLUGINS[name], built[STAND_INS[name]])
    if stand_ins:
        plugins.offer_stand_ins()
    environment.write(pulumi.parent, stand_ins=bool(stand_ins))


def _official_cli() -> Path | None:
    """Return the official `pulumi`, installed or downloaded, or None where it has to be built."""
    if installed := installed_cli():
        return installed
    # Once it has been built, there is no need to try the download again at every run.
    if CLI.is_built():
        return None
    folder = downloaded_cli()
    return folder / "pulumi" if folder else None


def _build(programs: list[GoProgram]) -> dict[GoProgram, Path]:
    return {program: program.build(number, len(programs)) for number, program in enumerate(programs, start=1)}


def _leave_virtual_environment() -> None:
    """Continue with the Python that made this virtual environment, if it is one: it may be about to be made again."""
    if sys.prefix != sys.base_prefix:
        python = f"{sys.base_prefix}/bin/python{sys.version_info.major}.{sys.version_info.minor}"
        os.execv(python, [python, "-m", "dev.toolchain", *sys.argv[1:]])


if __name__ == "__main__":
    _leave_virtual_environment()
    sys.exit(main())
