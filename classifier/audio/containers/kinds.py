from enum import StrEnum


class Container(StrEnum):
    """The containers that are read. Each value is the name of libav's demuxer."""

    WAV = "wav"
    AIFF = "aiff"
    AU = "au"
    CAF = "caf"
    FLAC = "flac"
    MP3 = "mp3"
    AAC = "aac"
    AMR = "amr"
    OGG = "ogg"
    MATROSKA = "matroska,webm"
    MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
