"""The one error that the sandbox raises."""


class SandboxError(Exception):
    """What is wrong and what to do, in words for the person who runs the sandbox."""
