"""The settings of a stack: typed, frozen, and checked as a whole before anything is declared."""

from deploy.settings.load import load_settings
from deploy.settings.proxy import Proxy, ProxyRun
from deploy.settings.release_task import ReleaseTask
from deploy.settings.settings import Role, Settings
from deploy.settings.ssh import Ssh

__all__ = ["Proxy", "ProxyRun", "ReleaseTask", "Role", "Settings", "Ssh", "load_settings"]
