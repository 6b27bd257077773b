"""The settings of a stack: typed, frozen, and checked as a whole before anything is declared."""

from .load import load_settings
from .proxy import Proxy, ProxyRun
from .release_task import ReleaseTask
from .settings import Role, Settings
from .ssh import Ssh

__all__ = ["Proxy", "ProxyRun", "ReleaseTask", "Role", "Settings", "Ssh", "load_settings"]
