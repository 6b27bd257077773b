"""The settings of a stack: typed, frozen, and checked as a whole before any resource is declared."""

from .accessory import AccessorySettings, ResolvedAccessory
from .boot import BootSettings
from .builder import BuilderSettings
from .cache import CacheSettings
from .checks import check_settings
from .env import EnvSettings, VariablesSettings
from .hooks import HooksSettings
from .load import load_settings
from .logging import LoggingSettings
from .model import SettingsModel
from .mounts import DirectoryMountSettings, FileMountSettings
from .proxy import BufferingSettings, HealthcheckSettings, ProxyLoggingSettings, ProxySettings
from .proxy_run import ProxyRunSettings
from .registry import RegistryLogin, RegistrySettings
from .release_task import ReleaseTaskSettings
from .resolved_role import Certificate, ResolvedRole
from .role import RoleSettings
from .settings import Settings
from .ssh import Jump, SshSettings
from .ssl import SslSettings
from .tls import names_with_https

__all__ = [
    "AccessorySettings",
    "BootSettings",
    "BufferingSettings",
    "BuilderSettings",
    "CacheSettings",
    "Certificate",
    "DirectoryMountSettings",
    "EnvSettings",
    "FileMountSettings",
    "HealthcheckSettings",
    "HooksSettings",
    "Jump",
    "LoggingSettings",
    "ProxyLoggingSettings",
    "ProxyRunSettings",
    "ProxySettings",
    "RegistryLogin",
    "RegistrySettings",
    "ReleaseTaskSettings",
    "ResolvedAccessory",
    "ResolvedRole",
    "RoleSettings",
    "Settings",
    "SettingsModel",
    "SshSettings",
    "SslSettings",
    "VariablesSettings",
    "check_settings",
    "load_settings",
    "names_with_https",
]
