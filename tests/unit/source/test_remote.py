"""The repository's origin, for the image's label."""

from deploy.source import resolve_source

from .repositories import Repo


def test_a_repository_without_origin_has_no_remote(repo: Repo) -> None:
    assert resolve_source(repo.path, "commit").remote is None


def test_the_remote_is_origins_first_url_without_the_password(repo: Repo) -> None:
    repo.git("remote", "add", "origin", "https://user:secret@git.example.com/team/app.git")
    repo.git("remote", "set-url", "--add", "origin", "https://mirror.example.com/app.git")
    source = resolve_source(repo.path, "commit")
    assert source.remote == "https://git.example.com/team/app"
    assert "secret" not in repr(source)
