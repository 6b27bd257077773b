"""Runs the sandbox's commands: `python -m dev.sandbox up|down|status|env`."""

import sys

from dev.sandbox.cli import main

sys.exit(main(sys.argv[1:]))
