"""The verbs, a file each. docs/host-tool.md tells what each does."""
