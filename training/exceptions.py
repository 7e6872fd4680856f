"""Errors of training and import, each with a stable code and a sentence for the administrator."""


class Refused(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{detail} ({code})")
        self.code = code
        self.detail = detail


class CheckpointRefused(Refused):
    """A checkpoint cannot become a model version."""


class CorpusRefused(Refused):
    """A folder of clips cannot be trained or measured on."""


class SnapshotRefused(Refused):
    """A snapshot cannot be trained on."""


class RunFailed(Refused):
    """A training run ended without a version."""
