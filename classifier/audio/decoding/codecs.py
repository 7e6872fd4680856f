"""The codecs that are read, by libav's names for its decoders."""

PCM_CODECS = frozenset(
    ["pcm_u8", "pcm_s8", "pcm_alaw", "pcm_mulaw"]
    + [f"pcm_{sample}{order}" for sample in ("s16", "s24", "s32", "f32", "f64") for order in ("le", "be")]
)
# Their samples may lie beyond full scale without being cut off there.
FLOAT_CODECS = frozenset(codec for codec in PCM_CODECS if codec.startswith("pcm_f"))
# What telephone exchanges, call recorders and dictation machines write.
TELEPHONE_CODECS = frozenset(
    ["adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt", "gsm", "gsm_ms", "g722", "g726", "g726le", "amrnb", "amrwb"]
)
MPEG_CODECS = frozenset(["mp2", "mp2float", "mp3", "mp3float"])
CODECS = PCM_CODECS | TELEPHONE_CODECS | MPEG_CODECS | {"flac", "alac", "aac", "vorbis", "opus"}
