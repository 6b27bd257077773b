"""The sandbox's error."""


class SandboxError(Exception):
    """Something failed; the message tells the user what is wrong and what to do."""
