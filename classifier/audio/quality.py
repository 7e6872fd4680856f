"""Measures how well a recording can be classified, and names what its owner could do better.

The thresholds were chosen on real speech: CREMA-D (700 clips from quiet and noisy rooms), LibriSpeech and
EmoDB (150 each), clean and mixed with 92 recordings of background noise.

The words for loudness come from 400 clips each of CREMA-D, LibriSpeech, RAVDESS, EmoDB and nEMO as they were
published. Of these 2,000, at their level over the whole clip, 5 % are below -44.6 dBFS, 10 % below -40.5, a
quarter below -33.3, half below -25.1, a quarter above -20.8, 5 % above -16.8 and 1 % above -14.5.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import webrtcvad

from classifier.audio.waveform import FULL_SCALE, SAMPLE_RATE, Pcm, Waveform, is_digital_silence, to_pcm

FRAME_SAMPLES = SAMPLE_RATE * 30 // 1000
VAD_AGGRESSIVENESS = 2
FLOOR_DBFS = -100.0
# A cut-off peak is flat: three samples or more in a row at the top, which loud speech only touches.
FULL_SCALE_STEPS = 32_700
# 1 % of CREMA-D's clips, a corpus in which one clip in twelve touches full scale, have more than this share.
CLIPPED_SHARE = 0.001
# No clip of the three corpora is below: the quietest speech in CREMA-D is at -44 dBFS.
VERY_QUIET_DBFS = -45.0
# The quietest quarter and the loudest hundredth of the speech measured for the words begin here.
QUIET_DBFS, LOUD_DBFS = -33.0, -14.5
# Fewer than 1 % of the clips of any of the three corpora have less speech than this.
MOSTLY_SILENCE_SHARE = 0.15
# Steady noise 5 dB below the speech is found in 9 of 10 clips; as they come, 6 % of CREMA-D's clips are this
# noisy and none of LibriSpeech and EmoDB.
NOISY_SNR_DB = 8.0
# Cheap sound cards add a constant to every sample, which is inaudible. Other recordings have less.
OFFSET_MATTERS = 0.001
# What makes every prediction for a recording unsure: a part of the file was left out or is missing, or
# its sound has another length than the file declares.
DOUBTS = frozenset(["incomplete", "doubtful"])
# In less than this there may be no pause in which the background could be measured.
SNR_MIN_FRAMES = 33


@dataclass(frozen=True)
class Quality:
    """Levels in dB relative to full scale, shares from 0 to 1; `snr_db` is None where it cannot be measured.

    `in_doubt`: the sound contradicts its file, so that no prediction for it is sure.
    """

    duration_s: float
    peak_dbfs: float
    rms_dbfs: float
    clipped_share: float
    speech_share: float
    snr_db: float | None
    digital_silence: bool
    hints: list[str] = field(default_factory=list)
    in_doubt: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values for JSON; `Quality(**values)` restores it.

        `in_doubt` is there only where it is true: the database finds it by its name, also among older clips.
        """
        values = asdict(self)
        if not self.in_doubt:
            del values["in_doubt"]
        return values


def measure_quality(waveform: Waveform, doubts: Sequence[str] = ()) -> Quality:
    """Measure float32[samples], mono, 16 kHz, in [-1, 1], not empty. Hints are ordered by importance.

    A constant offset counts for nothing. `doubts` are what the decoder found, of DOUBTS, and come first.
    """
    silent = is_digital_silence(waveform)
    clipped = _clipped_share(to_pcm(waveform))
    waveform = _without_offset(waveform)
    pcm = to_pcm(waveform)
    power = _frame_power(pcm)
    speech = np.zeros(power.size, bool) if silent else _speech_frames(pcm)
    share = float(speech.mean()) if speech.size else 0.0
    snr = _snr_db(power, speech)
    mean_power = float(np.square(waveform).mean())
    level = _dbfs(float(power[speech].mean()) if speech.any() else mean_power)
    return Quality(
        duration_s=round(pcm.size / SAMPLE_RATE, 3),
        peak_dbfs=round(_dbfs(float(np.abs(waveform).max(initial=0.0)) ** 2), 1),
        rms_dbfs=round(_dbfs(mean_power), 1),
        clipped_share=round(clipped, 4),
        speech_share=round(share, 3),
        snr_db=None if snr is None else round(snr, 1),
        digital_silence=silent,
        hints=[*doubts, *(["digital_silence"] if silent else _hints(level, clipped, share, snr))],
        in_doubt=not DOUBTS.isdisjoint(doubts),
    )


def _without_offset(waveform: Waveform) -> Waveform:
    offset = waveform.mean()
    return waveform - offset if abs(offset) > OFFSET_MATTERS else waveform


def _hints(level_dbfs: float, clipped: float, speech: float, snr_db: float | None) -> list[str]:
    found = {
        "mostly_silence": speech < MOSTLY_SILENCE_SHARE,
        "very_quiet": level_dbfs < VERY_QUIET_DBFS,
        "clipped": clipped > CLIPPED_SHARE,
        "noisy": snr_db is not None and snr_db < NOISY_SNR_DB,
    }
    return [hint for hint, applies in found.items() if applies]


def _dbfs(power: float) -> float:
    return max(FLOOR_DBFS, 10 * float(np.log10(max(power, 1e-12))))


def _frame_power(pcm: Pcm) -> npt.NDArray[np.float64]:
    """Mean square of each whole frame of 30 ms, relative to full scale."""
    whole = pcm[: pcm.size // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES).astype(np.float32)
    power: npt.NDArray[np.float64] = np.einsum("fs,fs->f", whole, whole, dtype=np.float64)
    return power / (FRAME_SAMPLES * FULL_SCALE**2)


def _speech_frames(pcm: Pcm) -> npt.NDArray[np.bool_]:
    detector = webrtcvad.Vad(VAD_AGGRESSIVENESS)
    raw = pcm.tobytes()
    step = FRAME_SAMPLES * pcm.itemsize
    starts = range(0, len(raw) - step + 1, step)
    return np.array([detector.is_speech(raw[i : i + step], SAMPLE_RATE) for i in starts], bool)


def _clipped_share(pcm: Pcm) -> float:
    # Only a loud clip needs the closer look, and -32768 has no positive counterpart in 16 bits.
    full = (pcm >= FULL_SCALE_STEPS) | (pcm <= -FULL_SCALE_STEPS)
    if not full.any():
        return 0.0
    run = full[:-2] & full[1:-1] & full[2:]
    flat = np.zeros(pcm.size, bool)
    for shift in range(3):
        flat[shift : shift + run.size] |= run
    return float(flat.mean())


def _snr_db(power: npt.NDArray[np.float64], speech: npt.NDArray[np.bool_]) -> float | None:
    """Power of the speech over that of the quietest tenth of frames, which is what the pauses sound like."""
    if power.size < SNR_MIN_FRAMES or not speech.any():
        return None
    background = max(float(np.percentile(power, 10)), 1e-10)
    above = max(float(power[speech].mean()) - background, background / 100)
    return 10 * float(np.log10(above / background))
