"""The host tool: the one program that does the work of a deploy on a Docker host, a verb a step.

It needs the standard library of Python 3.9 or newer, and Docker. The deployer imports `spec` and `result` from here; the
host runs all of it, as `program` packs it. docs/host-tool.md tells how it works.
"""
