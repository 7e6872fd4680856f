"""How clips are stored: FLAC, mono, 16 kHz, 16 bit. libsndfile does it in half libav's time, and smaller."""

import io

import soundfile

from classifier.audio.waveform import SAMPLE_RATE, Waveform, to_pcm, to_waveform


def encode_flac(waveform: Waveform) -> bytes:
    """FLAC bytes of float32[samples], mono, 16 kHz, exact for samples on the 16-bit grid."""
    target = io.BytesIO()
    soundfile.write(target, to_pcm(waveform), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return target.getvalue()


def decode_flac(data: bytes) -> Waveform:
    """float32[samples], mono, 16 kHz, in [-1, 1], of a stored clip.

    For files that `encode_flac` wrote, never for uploads. Raises soundfile.SoundFileError when it is damaged
    and ValueError when it is not FLAC, mono, 16 kHz.
    """
    with soundfile.SoundFile(io.BytesIO(data)) as source:
        if (source.samplerate, source.channels, source.format) != (SAMPLE_RATE, 1, "FLAC"):
            raise ValueError("A stored clip is FLAC, mono, 16 kHz.")
        return to_waveform(source.read(dtype="int16"))
