"""A build by `docker buildx build`: one Command on the deployer, and the program that it runs."""

from .buildx_build import BuildxBuild, check_buildx

__all__ = ["BuildxBuild", "check_buildx"]
