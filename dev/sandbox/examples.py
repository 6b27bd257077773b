"""The examples that `make up` deploys.

`python -m dev.sandbox.examples [NAME]` makes the stack of an example or updates its config; with `--next` it prints what runs
and what to try. NAME is `sandbox` (the default; with `--tls` it is served over HTTPS by one host) or `full`.
"""

import argparse
import sys

from dev.sandbox import full, stack
from dev.sandbox.errors import SandboxError
from dev.sandbox.sandbox import Sandbox


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m dev.sandbox.examples", description=__doc__)
    parser.add_argument("name", nargs="?", default=stack.STACK, choices=(stack.STACK, full.STACK))
    parser.add_argument("--tls", action="store_true", help="serve the sample app over HTTPS, on one host")
    parser.add_argument("--next", action="store_true", help="print what runs and what to try")
    options = parser.parse_args()
    if options.tls and options.name == full.STACK:
        parser.error(f"{full.STACK} has HTTPS in any case; leave TLS out")
    sandbox = Sandbox()
    try:
        if options.next:
            print(full.next_steps(sandbox) if options.name == full.STACK else stack.next_steps(sandbox))
        elif options.name == full.STACK:
            full.configure(sandbox)
        else:
            stack.configure(sandbox, tls=options.tls)
    except SandboxError as error:
        sys.exit(f"sandbox: {error}")


if __name__ == "__main__":
    main()
