"""Python's garbage collector, while modules are imported and the deploy is planned."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """Do without looking for garbage.

    What imports and settings make lives until the program ends. Looking through it, again and again while it is made and once more at the
    end, takes 150 ms of every preview and update.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()
