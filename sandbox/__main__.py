"""`python3 -m sandbox up|down|status|env`."""

import sys

from sandbox.cli import main

sys.exit(main(sys.argv[1:]))
