"""Names of the formats that are not read, so that a refusal can name them."""

# First bytes -> the name that people know.
NAMES = {
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11": "Windows Media (WMA)",
    b".RMF": "RealAudio",
    b".ra\xfd": "RealAudio",
    b"wvpk": "WavPack",
    b"MAC ": "Monkey's Audio (APE)",
    b"MPCK": "Musepack",
    b"MP+": "Musepack",
    b"TTA1": "True Audio (TTA)",
    b"\x0b\x77": "AC-3",
    b"\x7f\xfe\x80\x01": "DTS",
    b"Creative Voice File": "Creative Voice (VOC)",
    b"MThd": "MIDI",
    b"riff\x2e\x91": "Wave64 (W64)",
    b"RIFX": "big-endian WAV (RIFX)",
    b"DSD ": "DSD",
    b"FRM8": "DSD",
    b"\x02dss": "Olympus dictation (DSS)",
    b"\x03dss": "Olympus dictation (DSS)",
    b"\x03ds2": "Olympus dictation (DS2)",
    b"\x06ds2": "Olympus dictation (DS2)",
    b"\x07ds2": "Olympus dictation (DS2)",
    b"MS_VOICE": "Sony dictation (MSV)",
    b"FLV\x01": "Flash video (FLV)",
    b"\0\0\x01\xba": "MPEG video",
    b"#!AMR_MC": "AMR with several channels",
    b"#!AMR-WB_MC": "AMR with several channels",
    b"#!SILK": "SILK",
    b"%PDF": "PDF",
    b"PK\x03\x04": "ZIP",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
}
RIFF_NAMES = {b"AVI ": "AVI", b"WEBP": "WebP", b"RMID": "MIDI", b"CDXA": "Video CD"}
# libav's names of codecs that stand in containers which are read.
CODECS = {
    "ac3": "AC-3",
    "eac3": "E-AC-3",
    "dca": "DTS",
    "truehd": "TrueHD",
    "speex": "Speex",
    "wmav1": "Windows Media Audio",
    "wmav2": "Windows Media Audio",
    "wmapro": "Windows Media Audio",
    "wmavoice": "Windows Media Voice",
    "truespeech": "TrueSpeech",
    "g723_1": "G.723.1",
    "g729": "G.729",
    "ilbc": "iLBC",
    "qcelp": "QCELP",
    "evrc": "EVRC",
    "qdm2": "QDesign",
    "qdmc": "QDesign",
    "mace3": "MACE",
    "mace6": "MACE",
    "atrac3": "ATRAC3",
    "wavpack": "WavPack",
    "tta": "True Audio",
}
TS_BYTES, TS_MARK = 188, 0x47


def name_of(data: bytes) -> str:
    """What the file is by its first bytes, "" where it is unknown."""
    if data[:4] == b"RIFF":
        return RIFF_NAMES.get(data[8:12], "")
    if len(data) > 2 * TS_BYTES and data[0] == data[TS_BYTES] == data[2 * TS_BYTES] == TS_MARK:
        return "MPEG video"
    return next((name for magic, name in NAMES.items() if data.startswith(magic)), "")


def codec_name(name: str) -> str:
    """What people call the codec that libav calls `name`; "" where it has no name."""
    return CODECS.get(name, name.upper() if name.isalnum() else "")
