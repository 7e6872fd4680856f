"""Errors of the inference engine. Each has a stable code; none carries audio or a path."""


class EngineError(Exception):
    """Something that kept the engine from predicting."""

    code = "engine_error"


class VersionRefused(EngineError):
    """A model version's folder is not fit to serve: what is wrong, as a code and as a sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{detail} ({code})")
        self.code = code
        self.detail = detail


class NoActiveVersion(EngineError):
    """No model version is in service, or the one that should be could not be loaded."""

    code = "no_active_version"


class QueueFull(EngineError):
    """Too many clips wait for a prediction; worth another try after ``retry_after_s`` seconds."""

    code = "queue_full"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"The prediction queue is full, try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s
