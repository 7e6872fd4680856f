"""The bare inference session: ``python -m benchmarks.session MODEL.onnx THREADS`` prints its median in ms."""

import sys
import time

import numpy as np
import onnxruntime

from benchmarks.clips import SAMPLE_RATE, SECONDS

RUNS = 60
WARM_UP = 5


def median_ms(model: str, threads: int) -> float:
    """Median time of ``session.run`` alone, on three seconds of noise, with the options of the engine."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    noise = np.random.default_rng(0).standard_normal((1, SECONDS * SAMPLE_RATE), np.float32)
    feed = {session.get_inputs()[0].name: noise}
    times = []
    for _run in range(WARM_UP + RUNS):
        begin = time.perf_counter()
        session.run(None, feed)
        times.append((time.perf_counter() - begin) * 1000)
    return float(np.median(times[WARM_UP:]))


if __name__ == "__main__":
    sys.stdout.write(f"{median_ms(sys.argv[1], int(sys.argv[2])):.3f}\n")
