"""Numbers of things in the English of commands and logs, which is not translated."""


def counted(number: int, thing: str) -> str:
    """``1 clip`` or ``2 clips``; for things that take an s."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
