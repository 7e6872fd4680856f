"""One model version as an ONNX Runtime session that turns waveforms into scores."""

import time
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from classifier.audio.waveform import Waveform, is_digital_silence
from classifier.inference.exceptions import VersionRefused
from classifier.inference.manifest import Manifest
from classifier.inference.memory import return_freed_memory
from classifier.inference.onnx_runtime import onnxruntime
from classifier.inference.scores import ClipScores, Scores, Segment, softmax
from classifier.inference.version_folder import PREPROCESSOR, read_json, verify
from classifier.inference.windows import SHORTEST_S, cut_windows, window_starts


class Engine:
    """A loaded model version. Safe to share between threads; every window is a run of its own.

    Windows are never batched and never padded: int8 models choose one scale for a whole batch and
    Wav2Vec2 normalises over time, so either would let a clip's neighbours change its scores.
    """

    def __init__(self, session: onnxruntime.InferenceSession, manifest: Manifest, *, normalise: bool) -> None:
        self.manifest = manifest
        self.model_seconds_per_second = 0.0
        self._session = session
        self._normalise = normalise
        self._input = session.get_inputs()[0].name
        self._window = round(manifest.window_s * manifest.sample_rate)
        self._hop = round(manifest.hop_s * manifest.sample_rate)

    @classmethod
    def load(cls, folder: Path, *, threads: int, checksum: str | None = None) -> Self:
        """Verify a version's folder and open its session with at most ``threads`` threads.

        Raises VersionRefused when the folder is damaged or the model cannot be opened.
        """
        manifest = verify(folder, checksum)
        preprocessor = read_json(folder, PREPROCESSOR)
        try:
            session = onnxruntime.InferenceSession(
                folder / manifest.serving_file, _session_options(threads), providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime's errors share no base class of their own.
            raise VersionRefused("unloadable", "The version's model cannot be opened.") from error
        return_freed_memory()
        return cls(session, manifest, normalise=bool(preprocessor.get("do_normalize", True)))

    def predict(self, waveform: Waveform) -> ClipScores:
        """Scores of a clip: the mean over its windows.

        ``waveform`` is float32[samples], mono, at the manifest's sample rate, in [-1, 1], and long
        enough for the model (0.3 s is).
        """
        started = time.perf_counter()
        starts = window_starts(len(waveform), self._window, self._hop)
        windows = cut_windows(waveform, self._window, self._hop)
        probabilities = np.stack([self._probabilities(window) for window in windows])
        rate = self.manifest.sample_rate
        segments = [
            Segment(
                start_s=start / rate,
                end_s=min(start + self._window, len(waveform)) / rate,
                scores=self._named(row),
            )
            for start, row in zip(starts, probabilities, strict=True)
        ]
        milliseconds = (time.perf_counter() - started) * 1000
        return ClipScores(self._named(probabilities.mean(axis=0)), segments, milliseconds)

    def _probabilities(self, window: NDArray[np.float32]) -> NDArray[np.float64]:
        """Every label is as likely as the others in digital silence.

        Normalising would blow the last bit of a silent window up to full scale, and a model is sure of
        whatever it then finds in it.
        """
        if is_digital_silence(window):
            labels = len(self.manifest.labels)
            return np.full(labels, 1 / labels)
        return softmax(self.logits(window), self.manifest.temperature)

    def logits(self, window: Waveform) -> NDArray[np.float32]:
        """Raw outputs, float32[labels], for one window: float32[samples], at its own length."""
        if self._normalise:
            window = normalised(window)
        batch = np.ascontiguousarray(window, dtype=np.float32)[None]
        return np.asarray(self._session.run(None, {self._input: batch})[0][0])

    def self_test(self, *, longest_s: float | None = None) -> None:
        """Run a known waveform, short and long (a window by default), and measure the speed.

        Raises VersionRefused unless each gives one finite number per label.
        """
        rate = self.manifest.sample_rate
        longest = self._window if longest_s is None else min(self._window, round(longest_s * rate))
        for samples in (round(SHORTEST_S * rate), longest):
            try:
                started = time.perf_counter()
                logits = self.logits(known_waveform(samples, rate))
                self.model_seconds_per_second = (time.perf_counter() - started) / (samples / rate)
            except Exception as error:  # ONNX Runtime's errors share no base class of their own.
                raise VersionRefused("self_test", "The version fails on a known waveform.") from error
            if logits.shape != (len(self.manifest.labels),):
                raise VersionRefused("wrong_labels", "The version does not give one score per label.")
            if not np.isfinite(logits).all():
                raise VersionRefused("self_test", "The version gives scores that are not numbers.")

    def _named(self, probabilities: NDArray[np.float64]) -> Scores:
        return dict(zip(self.manifest.labels, probabilities.tolist(), strict=True))


def normalised(window: Waveform) -> Waveform:
    """Zero mean and unit variance, as transformers' Wav2Vec2FeatureExtractor does for a single clip."""
    return np.asarray((window - window.mean()) / np.sqrt(window.var() + 1e-7), dtype=np.float32)


def known_waveform(samples: int, rate: int) -> Waveform:
    """A buzz of voice-like harmonics that swells twice a second: float32[samples] in [-1, 1]."""
    seconds = np.arange(samples) / rate
    buzz = sum(np.sin(2 * np.pi * 140 * harmonic * seconds) / harmonic for harmonic in range(1, 12))
    return (0.2 * buzz * (1 - np.cos(4 * np.pi * seconds)) / 2).astype(np.float32)


def _session_options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # A spinning pool wins a millisecond for a lone clip but takes the cores from decoding and from
    # other clips: two at a time were a third slower with it.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Memory patterns are kept per input length, and nearly every clip has a length of its own.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    return options
