"""A program in the place of the Docker client, for one call of the host tool."""

import shlex

DOCKER = "/usr/bin/docker"


def docker_replaced_by(script: str) -> str:
    """Shell for `App.call(before=…)`: the tool gets `script` for Docker's client. The real one is `$docker`."""
    program = f"#!/bin/sh\ndocker={DOCKER}\n{script}\n"
    return (
        "shim=$(mktemp -d)\n"
        f"printf %s {shlex.quote(program)} >$shim/docker\n"
        "chmod +x $shim/docker\n"
        "export PATH=$shim:$PATH"
    )


def killed_before(words: str) -> str:
    """The tool is ended by SIGKILL when it is about to call Docker with words that begin with `words`."""
    return docker_replaced_by(f"""\
case "$*" in {shlex.quote(words)}*) kill -9 $PPID; exit 1 ;; esac
exec $docker "$@\"""")


def killed_after(words: str) -> str:
    """The tool is ended by SIGKILL before it gets the answer to such a call."""
    return docker_replaced_by(f"""\
$docker "$@"
status=$?
case "$*" in {shlex.quote(words)}*) kill -9 $PPID ;; esac
exit $status""")
