"""Settings that a program makes itself."""

from pathlib import Path

import pytest

from components.errors import SettingsError
from components.secret import Secret
from components.settings import (
    BuilderSettings,
    EnvSettings,
    ProxyRunSettings,
    ProxySettings,
    RegistryLogin,
    RegistrySettings,
    RoleSettings,
    Settings,
    SshSettings,
    check_settings,
)
from tests.unit.settings.loading import report_lines

WEB = RoleSettings(hosts=("192.0.2.1",))


def test_a_program_can_make_valid_settings(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").touch()
    settings = Settings(
        service="shop",
        image="acme/shop",
        servers={"web": WEB, "api": RoleSettings(hosts=("192.0.2.1",), proxy=ProxySettings(host="api.test"))},
        registry=RegistrySettings(server="ghcr.io", username="acme", password=("PASSWORD",)),
        proxy=ProxySettings(app_port=3000),
        env=EnvSettings(clear={"A": "1"}, secret=("DB",)),
        secrets={"DB": Secret("d"), "PASSWORD": Secret("p")},
    )
    check_settings(settings, tmp_path)
    web, api = settings.roles
    assert web.secret_env == {"DB": Secret("d")}
    assert api.proxy
    assert (api.proxy.host, api.proxy.app_port) == ("api.test", 3000)
    assert settings.registry_login == RegistryLogin(Secret("acme"), Secret("p"))
    assert settings.destination == ""


def test_a_secret_may_be_given_as_a_string() -> None:
    settings = Settings.model_validate(
        {"service": "shop", "image": "acme/shop", "servers": {"web": WEB}, "secrets": {"DB": "d"}}
    )
    assert settings.secrets == {"DB": Secret("d")}


def test_checking_reports_all_problems_between_settings_and_with_files(tmp_path: Path) -> None:
    settings = Settings(
        service="shop",
        image="acme/shop",
        servers={"web": WEB},
        primary_role="api",
        builder=BuilderSettings(context="app"),
        env=EnvSettings(secret=("DB",)),
        ssh=SshSettings(ports={"::ffff:192.0.2.1": 2222}),
    )
    with pytest.raises(SettingsError) as caught:
        check_settings(settings, tmp_path)
    assert report_lines(caught.value) == [
        'builder.context: "app" is not a directory',
        "env.secret[0]: the secret DB is not set; run pulumi config set --secret --path 'deploy:secrets.DB'",
        'primary_role: "api" is not one of the roles: web',
        "ssh.ports.::ffff:192.0.2.1: ::ffff:192.0.2.1 is the same host as 192.0.2.1; spell it the same everywhere",
    ]


def test_a_role_cannot_change_how_the_hosts_proxy_runs() -> None:
    with pytest.raises(ValueError, match=r"set it in the app's proxy\.run"):
        RoleSettings(hosts=("a",), proxy=ProxySettings(run=ProxyRunSettings(http_port=8080)))


def test_a_secret_that_is_not_set_is_reported_where_it_is_used() -> None:
    settings = Settings(service="shop", image="acme/shop", servers={"web": WEB}, env=EnvSettings(secret=("DB",)))
    with pytest.raises(SettingsError, match=r"secrets\.DB: is required"):
        _ = settings.roles


def test_pydantics_own_error_shows_no_secret() -> None:
    with pytest.raises(ValueError, match="service") as caught:
        Settings.model_validate({"secrets": {"DB": "hunter2"}})
    assert "hunter2" not in str(caught.value)
