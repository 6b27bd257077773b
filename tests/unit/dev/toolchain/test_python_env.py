"""The virtual environments, with scripts in place of Python, pip and uv."""

import sys
from pathlib import Path

import pytest

from dev.toolchain import paths, python_env, versions
from dev.toolchain.errors import ToolchainError
from tests.unit.dev.toolchain.conftest import Script


@pytest.fixture
def lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A lock file that pins uv and pip, as the tests' does."""
    monkeypatch.setattr(paths, "PROJECT", tmp_path)
    file = tmp_path / versions.TEST_LOCK
    file.parent.mkdir(exist_ok=True)
    hash_line = f" \\\n    --hash=sha256:{'0' * 64}\n"
    file.write_text(f"pip==26{hash_line}uv=={versions.UV}{hash_line}")
    return file


@pytest.fixture
def python(script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Python that writes down its arguments; its venvs have a Python, and pip installs uv, which also writes them."""
    uv = script(tmp_path / "uv", f"echo uv \"$@\" >>'{tmp_path / 'calls'}'")
    program = script(
        tmp_path / "python",
        f"echo python \"$@\" >>'{tmp_path / 'calls'}'",
        'case "$*" in',
        '*venv*) for folder; do :; done; mkdir -p "$folder/bin"; cp "$0" "$folder/bin/python" ;;',
        f'*--target*) mkdir -p "$5/bin"; cp \'{uv}\' "$5/bin/uv" ;;',
        "esac",
    )
    monkeypatch.setattr(sys, "executable", str(program))
    return program


def calls(tmp_path: Path) -> list[str]:
    """What was run."""
    return (tmp_path / "calls").read_text().splitlines()


def test_an_environment_is_made_once(lock: Path, python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_env, "find_spec", lambda _: True)  # the tests' own Python has no pip
    for _ in range(2):
        python_env.ensure(tmp_path / "env", versions.TEST_LOCK)
    made = [call for call in calls(tmp_path) if call.startswith("python -m venv")]
    assert made == [f"python -m venv --without-pip {tmp_path / 'env'}"]


def test_an_environment_is_made_again_from_nothing_when_its_lock_file_changes(
    lock: Path, python: Path, tmp_path: Path
) -> None:
    python_env.ensure(tmp_path / "env", versions.TEST_LOCK)
    (tmp_path / "env" / "left over").touch()
    lock.write_text(lock.read_text() + "new==1\n")
    python_env.ensure(tmp_path / "env", versions.TEST_LOCK)
    assert not (tmp_path / "env" / "left over").exists()


def test_packages_are_installed_with_their_hashes_checked(lock: Path, python: Path, tmp_path: Path) -> None:
    python_env.ensure(tmp_path / "env", versions.TEST_LOCK)
    installs = [call for call in calls(tmp_path) if " install " in call]
    assert len(installs) == 2, "uv and then the packages"
    assert all("--require-hashes" in call for call in installs)
    assert installs[1].startswith("uv pip install ")
    assert installs[1].endswith(f"-r {lock}")


def test_an_environment_for_pulumi_has_the_pip_that_is_pinned(
    lock: Path, python: Path, built: Path, tmp_path: Path
) -> None:
    python_env.ensure(tmp_path / "env", versions.TEST_LOCK, for_pulumi=True)
    assert f"python -m venv --without-pip {tmp_path / 'env'}" in calls(tmp_path)
    assert calls(tmp_path)[-1].endswith(f"--require-hashes -r {built / 'pip.txt'}")
    assert (built / "pip.txt").read_text().startswith("pip==26 ")


def test_where_uv_fails_pip_installs(
    lock: Path, python: Path, built: Path, script: Script, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script(built / f"uv-{versions.UV}" / "bin" / "uv", "exit 1")
    python_env.ensure(tmp_path / "env", versions.TEST_LOCK)
    expected = f"python -m pip --python {tmp_path / 'env'} install --require-hashes -r {lock}"
    assert calls(tmp_path)[-1] == expected
    assert "uv failed" in capsys.readouterr().out


def test_a_python_without_pip_uses_the_one_of_an_environment(
    lock: Path, python: Path, local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python_env, "find_spec", lambda name: None if name == "pip" else name)
    python_env.ensure(tmp_path / "env", versions.TEST_LOCK)
    assert f"python -m venv {local / 'venv-pip'}" in calls(tmp_path)


def test_a_python_without_ensurepip_is_told_in_words(
    lock: Path, python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python_env, "find_spec", lambda name: None)
    with pytest.raises(ToolchainError, match="apt-get install python3-venv"):
        python_env.ensure(tmp_path / "env", versions.TEST_LOCK)
