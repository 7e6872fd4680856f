"""The bare inference session: ``python -m benchmarks.session MODEL.onnx THREADS``.

For each line on stdin it prints the milliseconds of a few runs, as a JSON list.
"""

import json
import sys
import time
from collections.abc import Iterable

import numpy as np

from benchmarks.clips import SAMPLE_RATE, SECONDS
from classifier.inference.onnx_runtime import onnxruntime

RUNS = 6
# Other processes have used the caches meanwhile, as they have between two uploads of the site.
WARM_UP = 2


def main(model: str, threads: int, asked: Iterable[str]) -> None:
    """Time ``session.run`` alone, on three seconds of noise, with the options of the engine."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    noise = np.random.default_rng(0).standard_normal((1, SECONDS * SAMPLE_RATE), np.float32)
    feed = {session.get_inputs()[0].name: noise}
    for _line in asked:
        times = []
        for _run in range(WARM_UP + RUNS):
            begin = time.perf_counter()
            session.run(None, feed)
            times.append((time.perf_counter() - begin) * 1000)
        sys.stdout.write(json.dumps(times[WARM_UP:]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.stdin)
