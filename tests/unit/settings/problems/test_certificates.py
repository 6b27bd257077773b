"""A certificate of one's own that kamal-proxy could not use is refused before anything is deployed, and no message shows it."""

from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from tests.certificates import issue
from tests.unit.settings.loading import load, problems

SSL = {"certificate_pem": ["CERT"], "private_key_pem": ["KEY"]}
PROXY = {"host": "shop.test", "ssl": SSL}
FIRST, SECOND, RSA = issue(), issue(), issue(key_type=trustme.KeyType.RSA)
LOCKED = (
    load_pem_private_key(FIRST.key.encode(), None)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"pass"))
    .decode()
)
MISMATCH = (
    "proxy.ssl.private_key_pem: the secret KEY of role web is not the private key of the certificate in the secret CERT; set "
    "both from the same certificate. The certificate comes first in its file, followed by those of its issuers"
)
NO_KEY = (
    "proxy.ssl.private_key_pem: the secret KEY of role web holds no private key in PEM; run pulumi config set --secret --path "
    "'deploy:secrets.KEY' <privkey.pem"
)
NO_CERTIFICATE = (
    "proxy.ssl.certificate_pem: the secret CERT of role web holds no certificate in PEM; run pulumi config set --secret --path "
    "'deploy:secrets.CERT' <fullchain.pem"
)


@pytest.mark.parametrize(
    ("certificate", "key", "problem"),
    [
        pytest.param(FIRST.certificate, SECOND.key, MISMATCH, id="key of another one"),
        pytest.param(FIRST.certificate, RSA.key, MISMATCH, id="key of another kind"),
        pytest.param(FIRST.authority + FIRST.certificate, FIRST.key, MISMATCH, id="issuer first"),
        pytest.param(FIRST.key, FIRST.certificate, NO_CERTIFICATE, id="exchanged"),
        pytest.param("hunter2", FIRST.key, NO_CERTIFICATE, id="no certificate"),
        pytest.param(FIRST.certificate[:200], FIRST.key, NO_CERTIFICATE, id="half a certificate"),
        pytest.param(FIRST.certificate, "hunter2", NO_KEY, id="no key"),
        pytest.param(
            FIRST.certificate,
            LOCKED,
            (
                "proxy.ssl.private_key_pem: the secret KEY of role web holds a private key with a password, which kamal-proxy "
                "cannot enter; remove that (openssl pkey -in privkey.pem -out plain.pem), then run pulumi config set --secret "
                "--path 'deploy:secrets.KEY' <plain.pem"
            ),
            id="a password",
        ),
    ],
)
def test_what_kamal_proxy_could_not_use_is_refused(tmp_path: Path, certificate: str, key: str, problem: str) -> None:
    assert problems(tmp_path, proxy=PROXY, secrets={"CERT": certificate, "KEY": key}) == [problem]


@pytest.mark.parametrize("kind", [trustme.KeyType.ECDSA, trustme.KeyType.RSA])
@pytest.mark.parametrize("ends", ["\n", "\r\n", ""])
def test_a_certificate_with_its_key_is_accepted(tmp_path: Path, kind: trustme.KeyType, ends: str) -> None:
    issued = issue(key_type=kind)
    chain = f"subject=Bücher\n{issued.certificate}{issued.authority}"
    secrets = {"CERT": chain.replace("\n", ends or "\n"), "KEY": issued.key.replace("\n", ends or "\n")}
    secrets = secrets if ends else {name: text.strip() for name, text in secrets.items()}
    assert load(tmp_path, proxy=PROXY, secrets=secrets).roles[0].certificate


def test_each_role_and_accessory_is_told_of_its_own(tmp_path: Path) -> None:
    other = {"certificate_pem": ["CERT"], "private_key_pem": ["OTHER"]}
    settings: dict[str, Any] = {
        "servers": {"web": ["a"], "api": {"hosts": ["a"], "proxy": {"host": "api.test", "ssl": other}}},
        "accessories": {"db": {"image": "db:1", "host": "a", "proxy": {"host": "db.test", "ssl": other}}},
        "proxy": PROXY,
        "secrets": {"CERT": FIRST.certificate, "KEY": FIRST.key, "OTHER": SECOND.key},
    }
    found = [line.partition(" is not")[0] for line in problems(tmp_path, **settings)]
    assert found == [
        "accessories.db.proxy.ssl.private_key_pem: the secret OTHER of accessory db",
        "servers.api.proxy.ssl.private_key_pem: the secret OTHER of role api",
    ]


def test_a_role_below_a_path_has_no_certificate_to_be_checked(tmp_path: Path) -> None:
    servers = {"web": ["a"], "api": {"hosts": ["a"], "proxy": {"path_prefix": "/api"}}}
    found = problems(tmp_path, servers=servers, proxy=PROXY, secrets={"CERT": FIRST.certificate, "KEY": SECOND.key})
    assert found == [MISMATCH]


def test_nothing_of_a_key_is_left_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    modes: list[int] = []
    monkeypatch.setattr(
        "components.settings.certificate_checks.Path.write_bytes",
        lambda file, _: modes.append(file.stat().st_mode & 0o777),
    )
    problems(tmp_path, proxy=PROXY, secrets={"CERT": FIRST.certificate, "KEY": FIRST.key})
    assert modes == [0o600, 0o600]
    assert list(folder.iterdir()) == []
