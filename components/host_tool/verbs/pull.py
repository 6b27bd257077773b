"""pull APP SERVICE VERSION IMAGE [BUILD]: the image is on this host, and is what it is said to be."""

from __future__ import annotations

from ..identity import check_name
from ..release.image import ensure_image
from ..step.step import Step


def run(step: Step, service: str, version: str, image: str, *build: str) -> None:
    """Pull the image, before a `pre-deploy` hook or a release task. Otherwise the candidate pulls it."""
    step.version = check_name("version", version)
    ensure_image(step, image, check_name("service", service), version, "".join(build))
