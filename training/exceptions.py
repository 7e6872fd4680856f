"""Errors of training and import, each with a stable code and a sentence for the administrator."""


class CheckpointRefused(Exception):
    """A checkpoint cannot become a model version."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{detail} ({code})")
        self.code = code
        self.detail = detail


class CorpusRefused(Exception):
    """A folder of clips cannot be trained or measured on."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{detail} ({code})")
        self.code = code
        self.detail = detail


class SnapshotRefused(Exception):
    """A snapshot cannot be trained on."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{detail} ({code})")
        self.code = code
        self.detail = detail


class RunFailed(Exception):
    """A training run ended without a version."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{detail} ({code})")
        self.code = code
        self.detail = detail
