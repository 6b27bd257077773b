"""The registry's certificate."""

import sys
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import trustme

from dev.sandbox import certificates
from dev.sandbox.errors import SandboxError
from dev.sandbox.paths import Paths

ADDRESS = IPv4Address("10.213.1.2")


def test_it_is_issued_once(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    certificates.ensure(paths, ADDRESS)
    first = (paths.certificates / "registry.pem").read_text()
    certificates.ensure(paths, ADDRESS)
    assert (paths.certificates / "registry.pem").read_text() == first


def test_the_bundle_trusts_the_authority_and_what_this_computer_trusts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths, here = Paths(tmp_path), tmp_path / "here.pem"
    trustme.CA().cert_pem.write_to_path(here)
    monkeypatch.setenv("SSL_CERT_FILE", str(here))
    certificates.ensure(paths, ADDRESS)
    bundle = (paths.certificates / "bundle.pem").read_text()
    assert bundle == here.read_text() + (paths.certificates / "ca.pem").read_text()


def test_a_python_without_trustme_is_told_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(SandboxError, match="make up"):
        certificates.ensure(Paths(tmp_path), ADDRESS)
