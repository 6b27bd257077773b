"""What becomes of a role's old containers after a switch, as a table."""

import pytest

from components.host_tool.docker.containers import Container
from components.host_tool.release.retention import classify_old_containers

# The role's containers, newest first: release and state.
Row = tuple[str, str]


@pytest.mark.parametrize(
    ("containers", "retain", "decided"),
    [
        pytest.param([("now", "running")], 5, {}, id="the current one is none of the old"),
        pytest.param([("now", "running"), ("before", "running")], 5, {"before": "stop"}, id="the previous one stops"),
        pytest.param([("now", "running"), ("before", "exited")], 5, {"before": "keep"}, id="one that has stopped"),
        pytest.param(
            [("now", "running"), ("a", "exited"), ("b", "exited"), ("before", "running")],
            2,
            {"a": "keep", "b": "remove", "before": "stop"},
            id="the previous one is kept before newer ones",
        ),
        pytest.param([("before", "running")], 0, {"before": "stop"}, id="the previous one is kept even with 0"),
        pytest.param(
            [("a", "exited"), ("b", "exited"), ("c", "exited")],
            2,
            {"a": "keep", "b": "keep", "c": "remove"},
            id="the newest ones are kept",
        ),
        pytest.param([("a", "running")], 0, {"a": "remove"}, id="one too many is removed even if it runs"),
        pytest.param(
            [("leftover", "running"), ("a", "exited")],
            1,
            {"leftover": "remove", "a": "keep"},
            id="a candidate that was never switched to is not worth keeping",
        ),
        pytest.param(
            [("routed", "running"), ("a", "exited")], 1, {"routed": "leave", "a": "keep"}, id="what is routed is left"
        ),
        pytest.param([("a", "paused")], 1, {"a": "stop"}, id="one that is paused stops"),
        pytest.param([("a", "restarting")], 1, {"a": "stop"}, id="one that restarts stops"),
        pytest.param([("a", "dead")], 1, {"a": "keep"}, id="one that is dead"),
        pytest.param([("", "running"), ("a", "exited")], 1, {"": "stop", "a": "remove"}, id="one that Kamal made"),
    ],
)
def test_old_containers_are_kept_stopped_removed_or_left(
    containers: list[Row], retain: int, decided: dict[str, str]
) -> None:
    listed = [Container(release, release, state, release) for release, state in containers]
    found = classify_old_containers(
        listed, release="now", previous="before", leftovers={"leftover"}, routed={"routed"}, retain=retain
    )
    assert {container.release: action for container, action in found} == decided


def test_a_routed_leftover_is_left() -> None:
    container = Container("id", "name", "running", "leftover")
    found = classify_old_containers(
        [container], release="now", previous="", leftovers={"leftover"}, routed={"id"}, retain=0
    )
    assert found == [(container, "leave")]


def test_containers_that_kamal_made_count_as_any_other_when_there_is_no_previous_release() -> None:
    containers = [Container(f"id{number}", "name", "exited", "") for number in range(3)]
    found = classify_old_containers(containers, release="now", previous="", leftovers=(), routed=(), retain=1)
    assert [action for _, action in found] == ["keep", "remove", "remove"]
