"""Why training failed: libraries report full memory and full disks by errors of many kinds."""

import errno

OUT_OF_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
OUT_OF_MEMORY = "Training needed more memory than it may use."
MEMORY_PHRASES = (
    "memoryerror",
    "can't allocate memory",
    "out of memory",
    "bad_alloc",
    "cannot allocate",
    "failed to allocate",
    "failed to map segment",
    "can't start new thread",
)
SPACE_PHRASES = (
    "no space left",
    "file too large",
    "disk quota",
    "pytorchstreamwriter failed",
    "os error 28",
    "os error 27",
)


def reason_of(error: BaseException) -> tuple[str, str]:
    """A code for programs and a sentence for the administrator."""
    for cause in _causes(error):
        text = str(cause).lower()
        if isinstance(cause, MemoryError) or is_about_memory(text):
            return "out_of_memory", OUT_OF_MEMORY
        is_full = isinstance(cause, OSError) and cause.errno in OUT_OF_SPACE
        if is_full or any(phrase in text for phrase in SPACE_PHRASES):
            return "storage_full", "The disk was full."
    code, detail = getattr(error, "code", None), getattr(error, "detail", None)
    if isinstance(code, str) and isinstance(detail, str):
        return code, detail
    return "training_failed", f"{type(error).__name__}: {error}"[:400]


def is_about_memory(text: str) -> bool:
    """Whether an error message or the end of a log, in small letters, is about memory that was not there."""
    return any(phrase in text for phrase in MEMORY_PHRASES)


def _causes(error: BaseException | None) -> list[BaseException]:
    found = []
    while error is not None:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
