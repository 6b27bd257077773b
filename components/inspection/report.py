"""One report of what is wrong with several hosts."""

from collections.abc import Mapping, Sequence


def report(problems: Mapping[str, Sequence[str]]) -> str:
    """Return what keeps the deploy from the hosts, as one text.

    Args:
        problems: By host, sentences that say what is wrong and what to do; none for a host that is ready.
    """
    count = sum(bool(sentences) for sentences in problems.values())
    lines = [f"{host}: {sentence.rstrip('.')}." for host, sentences in problems.items() for sentence in sentences]
    return "\n".join(
        [f"Nothing was changed: {count} host{'s are' if count > 1 else ' is'} not ready for the deploy.", *lines]
    )
