"""An app as its users see it: requests to its hosts under its name."""

import json
import urllib.error
import urllib.request
from typing import Any

from dev.sandbox.inventory import Host
from tests.e2e.stack import Stack


class Site:
    """Requests to the app of a stack; hosts are asked by address, so nothing is looked up."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        # The environment's proxy, if it has one, does not lead to the sandbox.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def status(self, host: Host, path: str = "/up", name: str | None = None) -> int:
        """The status of the answer, of the app unless another `name` is given."""
        try:
            with self._open(host, path, name) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def text(self, host: Host, path: str = "/", name: str | None = None) -> str:
        """The body of the answer, of the app unless another `name` is given."""
        with self._open(host, path, name) as answer:
            return str(answer.read().decode())

    def version(self, host: Host) -> dict[str, Any]:
        """What /version says: version (from the environment), built (from the image), host, container."""
        return dict(json.loads(self.text(host, "/version")))

    def versions(self) -> list[str]:
        """The version that each host serves."""
        return [self.version(host)["version"] for host in self.stack.hosts]

    def _open(self, host: Host, path: str, name: str | None = None) -> Any:
        request = urllib.request.Request(f"http://{host.address}{path}", headers={"Host": name or self.stack.name})
        return self.opener.open(request, timeout=10)
