"""What a host remembers of an app: bounded, written whole, for its user's eyes."""

import base64
import json
import os
import subprocess
from pathlib import Path

import pytest

from components.host_tool.errors import StepError
from components.host_tool.records import app_folder
from components.host_tool.records.app_folder import AppFolder
from components.host_tool.records.files import forget_unfinished
from components.host_tool.records.records import HostRecord, RoleRecord, TaskRecord
from components.host_tool.records.secrets_hash import secrets_hash_of
from components.host_tool.spec import RegistryLoginSpec


@pytest.fixture
def folder(tmp_path: Path) -> AppFolder:
    return AppFolder("shop", tmp_path / ".kamal")


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_folder, "MOST_VERSIONS", 3)


def test_the_newest_versions_are_remembered(folder: AppFolder) -> None:
    for number in range(10):
        folder.save_version(f"v{number}", f"sha256:{number}")
    folder.save_version("v9", "sha256:9")
    assert folder.versions().digests == {"v7": "sha256:7", "v8": "sha256:8", "v9": "sha256:9"}


def test_a_version_that_runs_again_is_among_the_newest(folder: AppFolder) -> None:
    for version in ("v1", "v2", "v3", "v1", "v4"):
        folder.save_version(version, "sha256:0")
    assert "v1" in folder.versions().digests


def test_the_newest_tasks_are_remembered(folder: AppFolder) -> None:
    for number in range(10):
        folder.save_task(f"v{number}", TaskRecord(("migrate",)))
        os.utime(folder.path / "tasks" / f"v{number}.json", (number, number))
    folder.save_task("v10", TaskRecord(("migrate",)))
    known = [number for number in range(11) if folder.task_of(f"v{number}")]
    assert known == [8, 9, 10]


def test_a_task_of_the_first_release_has_no_command(folder: AppFolder) -> None:
    (folder.path / "tasks").mkdir(parents=True)
    (folder.path / "tasks" / "v1").touch()
    assert folder.task_of("v1") == TaskRecord(())
    assert folder.task_of("v2") is None


@pytest.mark.parametrize(
    ("server", "key"),
    [
        ("registry.test", "registry.test"),
        ("registry.test:5000", "registry.test:5000"),
        ("docker.io", "https://index.docker.io/v1/"),
    ],
)
def test_the_login_is_kept_as_docker_reads_it(folder: AppFolder, server: str, key: str) -> None:
    folder.save_login(RegistryLoginSpec(server, "jo", "pass:word ü"))
    config = json.loads((folder.login_folder / "config.json").read_text())
    assert list(config["auths"]) == [key]
    assert base64.b64decode(config["auths"][key]["auth"]).decode() == "jo:pass:word ü"
    folder.save_login(None)
    assert json.loads((folder.login_folder / "config.json").read_text()) == {"auths": {}}


def test_secrets_are_named_by_a_key_that_is_made_once(folder: AppFolder) -> None:
    folder.path.mkdir(parents=True)
    key = folder.fingerprint_key()
    assert len(key) == 32
    assert folder.fingerprint_key() == key
    assert [path.name for path in folder.path.iterdir()] == ["fingerprint.key"]


def test_the_name_of_secrets_changes_with_a_value_and_with_the_key_but_not_with_the_order() -> None:
    name = secrets_hash_of({"A": "1", "B": "2"}, b"key")
    assert name == secrets_hash_of({"B": "2", "A": "1"}, b"key")
    others = [({"A": "1", "B": "3"}, b"key"), ({"A": "1"}, b"key"), ({"A": "1", "B": "2"}, b"other")]
    assert name not in [secrets_hash_of(values, key) for values, key in others]


def test_no_other_file_is_left_when_a_record_is_written(folder: AppFolder) -> None:
    role = folder.role("web")
    role.save(RoleRecord("shop", "web", "", "10.0.0.1"))
    assert [path.name for path in role.path.iterdir()] == ["role.json"]


def test_an_image_that_another_step_forgets_at_the_same_time_is_left_out(folder: AppFolder) -> None:
    """Two roles that are torn down at once list the same images."""
    files = [folder.save_image(f"shop:v{number}@sha256:{str(number) * 64}") for number in (1, 2)]
    unused = folder.unused_images()
    first = next(unused)
    for file in files:
        file.unlink()
    assert list(unused) == []
    assert first[1] in files


def test_what_others_have_in_kamal_stays_when_the_last_app_goes(folder: AppFolder) -> None:
    folder.save_host(HostRecord("kamal", "/data"))
    (folder.kamal / "proxy").mkdir()
    (folder.kamal / "lock-shop").touch()
    folder.forget(with_proxy=True, with_kamals=True)
    assert [path.name for path in folder.kamal.iterdir()] == ["lock-shop"]


def test_what_a_step_has_left_that_was_killed_while_it_wrote_a_secret_is_removed(folder: AppFolder) -> None:
    """It holds the secret; what a living step is just writing stays."""
    dead = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, text=True, check=True).stdout.strip()
    secrets = folder.role("web").path / "secrets"
    secrets.mkdir(parents=True)
    for name in (f".5ec2e7.{dead}", f".5ec2e7.{os.getpid()}", "5ec2e7"):
        (secrets / name).write_text("hunter2")
    forget_unfinished(folder.path)
    assert {path.name for path in secrets.iterdir()} == {f".5ec2e7.{os.getpid()}", "5ec2e7"}


def test_a_damaged_record_is_named(folder: AppFolder) -> None:
    path = folder.role("web").path / "role.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"service": ')
    with pytest.raises(StepError, match=r"the file ~/.*role\.json is damaged .*Remove it there"):
        folder.role("web").record()
