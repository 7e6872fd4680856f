"""Finds near-duplicates across splits: the same recording louder, re-encoded, cut or trimmed.

Each clip becomes a fingerprint: its coarse spectrum over time. A summary that does not mind shifts finds
candidates; the correlation of two fingerprints over all shifts decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.audio.waveform import SAMPLE_RATE, Waveform

Floats = NDArray[np.float32]

FRAME, HOP, BANDS = 1024, 480, 24
LOWEST_HZ, HIGHEST_HZ = 100.0, 5000.0
CANDIDATES = 12
LEAST_OVERLAP = 0.7
# Of 60,000 pairs of CREMA-D clips none reached 0.85; copies that were cut, filtered or made noisy lie above.
LEAST_SIMILARITY = 0.86
SUMMARISED_FRAMES = 16


@dataclass(frozen=True)
class Fingerprint:
    """``levels`` float32[frames, bands]: log energy, without each band's mean, at unit spread."""

    levels: Floats
    summary: Floats


def fingerprint_of(waveform: Waveform) -> Fingerprint:
    """``waveform`` is float32[samples], mono, 16 kHz."""
    padded = np.pad(waveform, (0, max(0, FRAME - len(waveform))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(FRAME), axis=1)) ** 2
    edges = np.geomspace(LOWEST_HZ, HIGHEST_HZ, BANDS + 1) * FRAME / SAMPLE_RATE
    bands = np.add.reduceat(power, edges.astype(int), axis=1)[:, :BANDS]
    levels = np.log10(bands + 1e-3 * bands.mean() + 1e-12)
    levels = levels - levels.mean(axis=0)
    levels = (levels / (levels.std() + 1e-6)).astype(np.float32)
    # How much and how fast each band moves is the same wherever a recording begins.
    moves = np.abs(np.fft.rfft(levels, 2 * SUMMARISED_FRAMES, axis=0))[1:SUMMARISED_FRAMES]
    summary = np.concatenate([levels.std(axis=0), np.log1p(moves).mean(axis=1)])
    return Fingerprint(levels, summary.astype(np.float32))


def near_duplicates(fingerprints: Sequence[Fingerprint], splits: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of indices of clips that sound the same and are in different splits."""
    if len(set(splits)) < 2:
        return []
    summaries = np.stack([each.summary for each in fingerprints])
    summaries = (summaries - summaries.mean(axis=0)) / (summaries.std(axis=0) + 1e-6)
    names = np.array(splits)
    found = set()
    # Only the smaller splits are compared with the others: far fewer pairs than all against all.
    for split in ("validation", "test"):
        others = np.flatnonzero(names != split)
        if not len(others):
            continue
        for number in np.flatnonzero(names == split).tolist():
            distances = np.square(summaries[others] - summaries[number]).sum(axis=1)
            nearest = others[np.argsort(distances)[:CANDIDATES]]
            for other in nearest.tolist():
                if _similarity(fingerprints[number].levels, fingerprints[other].levels) >= LEAST_SIMILARITY:
                    found.add((min(number, other), max(number, other)))
    return sorted(found)


def _similarity(one: Floats, other: Floats) -> float:
    """The best correlation of two fingerprints over all shifts that leave most of the shorter one covered."""
    short, long = sorted((one, other), key=len)
    least = max(2, round(LEAST_OVERLAP * len(short)))
    best = 0.0
    for shift in range(least - len(short), len(long) - least + 1):
        begin, end = max(0, shift), min(len(long), shift + len(short))
        a = short[begin - shift : end - shift].ravel()
        b = long[begin:end].ravel()
        best = max(best, float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-9)))
    return best
