"""Real Git repositories for the tests, and snapshots of folders to compare."""

import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from components.source import SourcePolicy

PROJECT = Path(__file__).parents[3]

RESOLVE = """
import sys
from pathlib import Path
from components.source import SourcePolicy, resolve_source
print(resolve_source(Path(sys.argv[1]), SourcePolicy(sys.argv[2])).version)
"""


@dataclass(frozen=True)
class Repo:
    """A repository's working tree."""

    path: Path

    def git(self, *words: str, **variables: str) -> str:
        """Run git in the working tree and return its output."""
        command = ["git", "-c", "protocol.file.allow=always", *words]
        environment = {**os.environ, **variables}
        result = subprocess.run(command, cwd=self.path, env=environment, capture_output=True, timeout=60, check=False)
        assert result.returncode == 0, result.stderr.decode()
        return os.fsdecode(result.stdout).removesuffix("\n")

    def write(self, name: str, content: str | bytes = "content\n", mode: int = 0o644) -> Path:
        """Write a file and make its folders."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        file.chmod(mode)
        return file

    def commit(self, message: str = "A commit") -> str:
        """Commit every file and return the commit's id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.head

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def clone(self, path: Path, *options: str) -> "Repo":
        """Clone this repository to a path."""
        self.git("clone", "--quiet", *options, str(self.path), str(path))
        return Repo(path)


def create(path: Path, *options: str) -> Repo:
    """An empty repository."""
    path.mkdir(parents=True)
    repo = Repo(path)
    repo.git("init", "--quiet", "--initial-branch=main", *options)
    return repo


def version_in_another_process(context: Path, policy: SourcePolicy, **variables: str) -> str:
    """Return the version that `resolve_source` computes in another Python process."""
    command = [sys.executable, "-c", RESOLVE, str(context), policy]
    environment = {**os.environ, **variables}
    result = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def snapshot(folder: Path) -> dict[bytes, tuple[str, bytes]]:
    """Map the path of every file below a folder, except .git, to its kind (`file`, `program` or `link`) and content."""
    found: dict[bytes, tuple[str, bytes]] = {}
    for directory, folders, names in os.walk(folder):
        if ".git" in folders:
            folders.remove(".git")
        for path in (Path(directory, name) for name in (*names, *folders) if name != ".git"):
            name = os.fsencode(path.relative_to(folder))
            if path.is_symlink():
                target = os.readlink(path)  # noqa: PTH115 (Path.readlink would tidy it up)
                found[name] = ("link", os.fsencode(target))
            elif path.is_file():
                kind = "program" if path.stat().st_mode & stat.S_IXUSR else "file"
                found[name] = (kind, path.read_bytes())
    return found


def fingerprint(git_dir: Path) -> dict[str, tuple[bytes, int]]:
    """Map every file of a Git directory to its content and modification time."""
    found = {}
    for file in git_dir.rglob("*"):
        if file.is_file():
            path = file.relative_to(git_dir)
            # git renews the time of an object that it writes again, and of the shared part of a split index that it
            # reads, so that neither is cleaned up. That is not a change.
            renewed = path.parts[0] == "objects" or path.name.startswith("sharedindex.")
            found[str(path)] = (file.read_bytes(), 0 if renewed else file.stat().st_mtime_ns)
    return found
