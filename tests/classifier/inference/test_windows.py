import numpy as np
import pytest

from classifier.inference.windows import cut_windows, window_starts, windowed_seconds


@pytest.mark.parametrize(
    ("samples", "starts"),
    [
        (1, [0]),
        (80, [0]),
        (81, [0, 1]),
        (120, [0, 40]),
        (121, [0, 40, 41]),
        (160, [0, 40, 80]),
        (199, [0, 40, 80, 119]),
    ],
)
def test_windows_of_80_every_40(samples, starts):
    assert window_starts(samples, window=80, hop=40) == starts


@pytest.mark.parametrize("samples", range(1, 400, 7))
def test_every_sample_is_heard_and_the_last_window_ends_with_the_clip(samples):
    starts = window_starts(samples, window=80, hop=40)
    heard = {sample for start in starts for sample in range(start, min(start + 80, samples))}
    assert heard == set(range(samples))
    assert starts[-1] + min(80, samples) == samples


def test_overlaps_count_twice():
    assert windowed_seconds(3.0) == 3.0
    assert windowed_seconds(5.0) == 5.0
    assert windowed_seconds(7.5) == 10.0
    assert windowed_seconds(600.0) == 239 * 5.0


def test_windows_are_cut_from_the_last_axis():
    clip = np.arange(200, dtype=np.float32)
    windows = cut_windows(clip, window=80, hop=40)
    assert [window.tolist() for window in windows] == [
        clip[start : start + 80].tolist() for start in (0, 40, 80, 120)
    ]
    batch = cut_windows(clip[None], window=80, hop=40)
    assert [each[0].tolist() for each in batch] == [window.tolist() for window in windows]
