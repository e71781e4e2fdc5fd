"""What the programs of this folder share. Each drives one public client, unchanged, against a server."""

import inspect


class Recorder:
    """A client, with a note of each method that was called."""

    def __init__(self, client):
        self.client = client
        self.called = set()

    def __getattr__(self, name):
        self.called.add(name)
        return getattr(self.client, name)


def public_methods(*classes):
    """What these classes themselves offer, without what they inherit."""
    names = (name for each in classes for name, value in vars(each).items() if inspect.isroutine(value))
    return {name for name in names if not name.startswith("_")}


def expect(condition, what, got=None):
    if not condition:
        raise AssertionError(f"{what}: got {got!r}")


def expect_equal(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: wanted {wanted!r}, got {got!r}")


def expect_all_called(offered, called):
    missed = set(offered) - set(called)
    expect(offered and not missed, "every operation called", missed)
