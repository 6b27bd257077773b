"""Which of the Pulumi CLIs on the PATH is used, and what is said about the others."""

from pathlib import Path

import pytest

from dev.toolchain.installed_cli import installed_cli
from tests.unit.dev.toolchain.conftest import Script


def search(monkeypatch: pytest.MonkeyPatch, *programs: Path) -> Path | None:
    folders = [str(program.parent) for program in programs]
    monkeypatch.setenv("PATH", ":".join([*folders, "/usr/bin", "/bin"]))
    return installed_cli()


def test_the_first_suitable_cli_on_the_path_is_used(pulumi: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    good = pulumi("good", "3.244.0")
    assert search(monkeypatch, pulumi("old", "3.243.9"), good, pulumi("other")) == good


def test_a_suitable_cli_is_used_without_a_word(
    pulumi: Script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    search(monkeypatch, pulumi("good"))
    assert capsys.readouterr().out == ""


def test_a_cli_that_is_too_old_is_refused_with_its_version_and_the_needed_one(
    pulumi: Script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = pulumi("old", "3.243.9")
    assert search(monkeypatch, old) is None
    output = capsys.readouterr().out
    assert f"{old} is not used: it is version 3.243.9, and 3.244 or newer is needed. Upgrade it" in output


def test_a_cli_without_a_language_host_is_refused(
    pulumi: Script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = pulumi("alone", language_host=False)
    assert search(monkeypatch, alone) is None
    message = f"{alone} is not used: its Python language host, pulumi-language-python, is neither beside it nor on the"
    assert message in capsys.readouterr().out


def test_a_language_host_elsewhere_on_the_path_is_enough(
    pulumi: Script, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = pulumi("alone", language_host=False)
    assert search(monkeypatch, alone, script(tmp_path / "hosts" / "pulumi-language-python")) == alone


def test_a_language_host_beside_the_real_program_of_a_link_is_enough(
    pulumi: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "links" / "pulumi"
    link.parent.mkdir()
    link.symlink_to(pulumi("real"))
    assert search(monkeypatch, link) == link


def test_a_cli_that_does_not_run_is_refused(
    pulumi: Script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = pulumi("broken")
    broken.write_text("\x7fELF of another machine")
    assert search(monkeypatch, broken) is None
    assert f"{broken} is not used: it does not run (" in capsys.readouterr().out


def test_a_cli_that_prints_no_version_is_refused(
    pulumi: Script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = pulumi("strange", "unknown")
    assert search(monkeypatch, strange) is None
    assert "`pulumi version` printed 'vunknown'" in capsys.readouterr().out


def test_a_cli_that_is_on_the_path_twice_is_mentioned_once(
    pulumi: Script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = pulumi("old", "3.100.0")
    assert search(monkeypatch, old, old) is None
    assert capsys.readouterr().out.count("is not used") == 1


def test_what_another_clone_has_built_is_passed_over_silently(
    pulumi: Script, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    built = pulumi("clone/.local/engine/bin")
    assert search(monkeypatch, built) is None
    # Nor is its language host taken for the one of a CLI that has none.
    assert search(monkeypatch, pulumi("alone", language_host=False), built) is None
    assert str(built) not in capsys.readouterr().out
