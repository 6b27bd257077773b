"""One report names every host that is not ready."""

from components.inspection.report import report


def test_a_host_is_named_with_each_of_its_problems() -> None:
    assert report({"10.0.0.1": ["Docker is too old. Upgrade it.", "port 80 is taken by nginx. Stop that"]}) == (
        "Nothing was changed: 1 host is not ready for the deploy.\n"
        "10.0.0.1: Docker is too old. Upgrade it.\n"
        "10.0.0.1: port 80 is taken by nginx. Stop that."
    )


def test_several_hosts_are_in_one_report() -> None:
    assert report({"10.0.0.1": ["it does not answer"], "10.0.0.2": ["the disk is full"]}) == (
        "Nothing was changed: 2 hosts are not ready for the deploy.\n"
        "10.0.0.1: it does not answer.\n"
        "10.0.0.2: the disk is full."
    )


def test_a_host_without_problems_is_not_named() -> None:
    assert report({"10.0.0.1": [], "10.0.0.2": ["the disk is full"]}) == (
        "Nothing was changed: 1 host is not ready for the deploy.\n10.0.0.2: the disk is full."
    )
