"""What an error holds is let go once it is told."""


def let_go(error: BaseException) -> None:
    """Forget where *error*, and what it came of, was raised.

    INVARIANT (let go): an error that was raised by its name (`error = …; raise error`) holds the frame that it was
    raised in, which holds the error. All frames above hang on it, and with them their call, until garbage is collected:
    as long as that gRPC counts it among the streams of its connection, and refuses what comes beyond their number.
    """
    pending: list[BaseException | None] = [error]
    while pending:
        found = pending.pop()
        if found is not None and found.__traceback__ is not None:
            found.__traceback__ = None
            pending += [found.__cause__, found.__context__]
