"""Docker hosts reached over SSH, a registry and an SSH agent on this computer, to deploy to and to test with."""

from dev.sandbox.inventory import Host, Inventory, Registry
from dev.sandbox.sandbox import Sandbox

__all__ = ["Host", "Inventory", "Registry", "Sandbox"]
