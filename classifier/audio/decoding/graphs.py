"""libav's filters for audio, without the threads that PyAV's own resampler starts for every file."""

from collections.abc import Iterator
from contextlib import suppress

import av
from av.audio.frame import AudioFrame
from av.filter import Graph

from classifier.audio.waveform import SAMPLE_RATE

# The level of a mixed-down clip stays below full scale, and no channel is left out, not even a "subwoofer":
# recorders number their microphones and libav takes the third or fourth for one.
TO_MONO = (
    "aresample",
    f"out_sample_rate={SAMPLE_RATE}:out_chlayout=mono:out_sample_fmt=flt:rematrix_maxval=1.0:lfe_mix_level=1.0",
)


def audio_graph(rate: int, sample_format: str, layout: str, *filters: tuple[str, str]) -> Graph:
    """A chain of filters, each a name and its options, for frames of one kind."""
    graph = Graph()
    graph.threads = 1
    source = graph.add(
        "abuffer",
        sample_rate=str(rate),
        sample_fmt=sample_format,
        channel_layout=layout,
        time_base=f"1/{rate}",
    )
    nodes = [graph.add(name, options) for name, options in filters]
    graph.link_nodes(source, *nodes, graph.add("abuffersink")).configure()
    return graph


def push(graph: Graph, frame: AudioFrame | None) -> Iterator[AudioFrame]:
    """The frames that come out for `frame`; None flushes the graph."""
    graph.push(frame)
    with suppress(av.BlockingIOError, av.EOFError):
        while True:
            out = graph.pull()
            if isinstance(out, AudioFrame):
                yield out
