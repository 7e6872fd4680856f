"""Holds the engine of the model version in service and follows it when another is activated."""

import logging
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from classifier.inference.exceptions import NoActiveVersion
from classifier.inference.memory import return_freed_memory
from classifier.inference.session import Engine

logger = logging.getLogger(__name__)

RETRY_AFTER_S = 60.0
# These very files passed a test of a whole window before they were put into service. Once more would cost
# those who wait for a prediction just now as much as two clips of others.
TESTED_S = 1.0


@dataclass(frozen=True)
class VersionPointer:
    """Which model version should serve, and where its files are."""

    version_id: int
    number: int
    folder: Path
    checksum: str


@dataclass(frozen=True)
class LoadedEngine:
    """A model version that is ready to predict."""

    version_id: int
    number: int
    engine: Engine


class ActiveEngine:
    """The one engine of this process.

    ``find_active`` returns the version that should serve, or None; it is called by a background thread
    every ``check_every_s`` seconds, never within a request. A new version is loaded and tested beside
    the old one, which serves until then and stays when the new one fails. ``on_swap`` is called with
    each version that comes into service.
    """

    def __init__(
        self,
        find_active: Callable[[], VersionPointer | None],
        *,
        threads: int,
        check_every_s: float = 1.0,
        on_swap: Callable[[LoadedEngine], None] | None = None,
    ) -> None:
        self._find_active = find_active
        self._threads = threads
        self._check_every_s = check_every_s
        self._on_swap = on_swap
        self._loaded: LoadedEngine | None = None
        self._failures: dict[int, float] = {}
        self._lookup_failed = False
        self._replaced: weakref.ref[Engine] | None = None
        self._swap = threading.Lock()
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None

    def start(self) -> None:
        """Load the active version and begin to follow changes. Calling it again does nothing."""
        with self._swap:
            if self._watcher is not None:
                return
            self._watcher = threading.Thread(target=self._watch, name="model-version-watcher", daemon=True)
        self.refresh()
        self._watcher.start()

    def stop(self) -> None:
        self._stop.set()
        if self._watcher is not None and self._watcher.is_alive():
            self._watcher.join()

    def current(self) -> LoadedEngine:
        """The engine to use for one whole prediction; a swap meanwhile does not disturb it.

        Raises NoActiveVersion when none could be loaded yet.
        """
        if self._watcher is None:
            self.start()
        loaded = self._loaded
        if loaded is None:
            self.refresh()
            loaded = self._loaded
        if loaded is None:
            raise NoActiveVersion("No model version is in service")
        return loaded

    def refresh(self) -> None:
        """Swap to the active version if it is another one. Failures are logged, never raised."""
        with self._swap:
            pointer = self._look_up()
            if pointer is None or (self._loaded and self._loaded.version_id == pointer.version_id):
                return
            if time.monotonic() - self._failures.get(pointer.version_id, -RETRY_AFTER_S) < RETRY_AFTER_S:
                return
            self._load(pointer)

    def _look_up(self) -> VersionPointer | None:
        try:
            pointer = self._find_active()
        except Exception:  # A database that is away for a moment must not end the watch.
            if not self._lookup_failed:
                logger.exception("Cannot find out which model version is active")
            self._lookup_failed = True
            return None
        self._lookup_failed = False
        return pointer

    def _load(self, pointer: VersionPointer) -> None:
        try:
            engine = Engine.load(pointer.folder, threads=self._threads, checksum=pointer.checksum)
            engine.self_test(longest_s=TESTED_S)
        except Exception:  # Whatever is wrong with the new version, the old one goes on serving.
            if pointer.version_id not in self._failures:
                logger.exception("Model version %s cannot serve", pointer.version_id)
            self._failures[pointer.version_id] = time.monotonic()
            return
        loaded = LoadedEngine(pointer.version_id, pointer.number, engine)
        if self._on_swap is not None:
            self._on_swap(loaded)
        if self._loaded is not None:
            self._replaced = weakref.ref(self._loaded.engine)
        self._loaded = loaded
        logger.info("Model version %s is in service", pointer.version_id)

    def _watch(self) -> None:
        while not self._stop.wait(self._check_every_s):
            self.refresh()
            self._return_memory_of_replaced()

    def _return_memory_of_replaced(self) -> None:
        """Only when the last prediction on the old engine has ended is there anything to return."""
        if self._replaced is not None and self._replaced() is None:
            self._replaced = None
            return_freed_memory()
