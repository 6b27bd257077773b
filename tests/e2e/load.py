"""An open-loop load on an app: so many requests a second, whatever the answers do."""

import base64
import json
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from dev.toolchain.paths import BIN
from tests.e2e.stack import Stack

VEGETA = BIN / "vegeta"

# Requests a second, over all hosts.
FULL_RATE = 500

# The same for a load beside other tests, which leaves them some of the machine.
LOW_RATE = 50

# Seconds after which the load ends by itself.
LONGEST = 120


@dataclass(frozen=True)
class Answer:
    """One request: when it was sent, when its answer was there, and what that was."""

    host: str
    sent: datetime
    ended: datetime
    status: int
    error: str
    body: str


@dataclass(frozen=True)
class Pause:
    """The time between two answers of a host."""

    begin: datetime
    end: datetime

    @property
    def milliseconds(self) -> float:
        """How long it lasted."""
        return (self.end - self.begin) / timedelta(milliseconds=1)


class Load:
    """`with Load(stack) as load: …`, then `load.answers`."""

    def __init__(
        self,
        stack: Stack,
        folder: Path,
        environment: Mapping[str, str],
        *,
        rate: int = LOW_RATE,
        names: Sequence[str] = (),
        paths: Sequence[str] = ("/version",),
        scheme: str = "http",
    ) -> None:
        """Prepare a load.

        Args:
            stack: Whose hosts it asks.
            folder: Where its results are kept.
            environment: The environment of the program that makes it.
            rate: Requests a second, over all hosts, names and paths.
            names: The host names that it asks for: that of the stack's app unless others are given.
            paths: The paths that it asks for.
            scheme: http, or https: then any certificate is accepted.
        """
        self.rate = rate
        self.results = folder / "load.bin"
        self.environment = dict(environment)
        self.targets = "".join(
            json.dumps({"method": "GET", "url": f"{scheme}://{host.address}{path}", "header": {"Host": [name]}}) + "\n"
            for name in names or [stack.name]
            for path in paths
            for host in stack.hosts
        )
        self.answers: list[Answer] = []

    def __enter__(self) -> "Load":
        words = [
            str(VEGETA),
            "attack",
            "-format=json",
            f"-rate={self.rate}",
            f"-duration={LONGEST}s",
            "-timeout=10s",
            "-insecure",
        ]
        self.process = subprocess.Popen(
            [*words, f"-output={self.results}"], stdin=subprocess.PIPE, env=self.environment, text=True
        )
        self.started = datetime.now(UTC)
        assert self.process.stdin
        self.process.stdin.write(self.targets)
        self.process.stdin.close()
        return self

    def __exit__(self, *_: object) -> None:
        covered = self.process.poll() is None
        # The first interrupt ends the attack and lets open requests end.
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        words = [str(VEGETA), "encode", "-to=json", str(self.results)]
        lines = subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()
        self.answers = [_answer(json.loads(line)) for line in lines]
        # A load that was not there proves nothing.
        assert covered, "the load ended before the deploy did"
        seconds = (max(answer.sent for answer in self.answers) - self.started).total_seconds()
        assert len(self.answers) > 0.5 * self.rate * seconds, f"{len(self.answers)} requests in {seconds:.1f} s"

    def failed(self) -> list[Answer]:
        """Every request that was not answered with 200."""
        return [answer for answer in self.answers if answer.status != 200]

    def pause(self, host: str) -> Pause:
        """The longest time in which a host has given no answer with 200, of those in which requests have failed, if any have."""
        ends = sorted(answer.ended for answer in self.answers if answer.host == host and answer.status == 200)
        pauses = [Pause(*times) for times in pairwise(ends)]
        failed = [answer.ended for answer in self.failed() if answer.host == host]
        with_failures = [pause for pause in pauses if any(pause.begin <= ended <= pause.end for ended in failed)]
        return max(with_failures or pauses, key=lambda pause: pause.milliseconds)

    def late_old_answers(self, new: str) -> list[Answer]:
        """Requests that were sent to a host after it had given a new answer, and got an old one."""
        first: dict[str, datetime] = {}
        for answer in self.answers:
            if new in answer.body:
                first[answer.host] = min(first.get(answer.host, answer.ended), answer.ended)
        return [
            answer
            for answer in self.answers
            if answer.status == 200 and new not in answer.body and answer.sent > first.get(answer.host, answer.sent)
        ]


def _answer(result: dict[str, object]) -> Answer:
    sent = datetime.fromisoformat(str(result["timestamp"]))
    return Answer(
        host=str(urlsplit(str(result["url"])).hostname),
        sent=sent,
        ended=sent + timedelta(microseconds=int(str(result["latency"])) / 1000),
        status=int(str(result["code"])),
        error=str(result["error"]),
        body=base64.b64decode(str(result.get("body") or "")).decode(errors="replace"),
    )
