"""Why an imported file cannot be read, shown to the administrator at the terminal."""


class ImportRefused(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{detail} ({code})")
        self.code = code
        self.detail = detail
