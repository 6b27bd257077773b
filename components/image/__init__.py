"""The app's image: built and pushed, or already in the registry."""

from .app_image import AppImage
from .deployable import Deployable, what_to_deploy

__all__ = ["AppImage", "Deployable", "what_to_deploy"]
