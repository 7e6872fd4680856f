from classifier.audio.containers.kinds import Container
from classifier.audio.containers.part import Part

NARROW, WIDE = b"#!AMR\n", b"#!AMR-WB\n"
MAGIC = (NARROW, WIDE)


def read_amr(data: bytes, start: int) -> Part:
    """The file at `start`, up to another that was joined to it."""
    found = [data.find(magic, start + len(NARROW)) for magic in MAGIC]
    end = min((at for at in found if at >= 0), default=len(data))
    return Part(Container.AMR, data[start:end], end)
