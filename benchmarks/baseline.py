"""The plain way, to compare with: ``python -m benchmarks.baseline FOLDER PORT``.

For each request it saves the upload, runs ffmpeg to make 16 kHz mono float of it, and asks a
transformers pipeline in float32, one clip at a time. The body is the file itself, without a form
around it, and nothing is stored: both make this server a little faster than a real one.
"""

import json
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

from training import torchaudio_shim

SAMPLE_RATE = 16_000


class Classifier:
    def __init__(self, folder: Path) -> None:
        torchaudio_shim.install()
        import torch
        from transformers import pipeline

        self._pipeline = pipeline("audio-classification", str(folder), dtype=torch.float32, device="cpu")
        # Torch already uses every core for one clip; several at once only get in each other's way.
        self._turn = threading.Lock()

    def answer(self, path: Path) -> list[dict[str, Any]]:
        form = ["-ac", "1", "-ar", str(SAMPLE_RATE), "-f", "f32le", "-"]
        command = ["ffmpeg", "-v", "error", "-i", str(path), *form]
        decoded = subprocess.run(command, capture_output=True, check=True, stdin=subprocess.DEVNULL).stdout
        waveform = np.frombuffer(decoded, np.float32)
        with self._turn:
            scores: list[dict[str, Any]] = self._pipeline(
                {"raw": waveform, "sampling_rate": SAMPLE_RATE}, top_k=None
            )
        return scores


def handler(classifier: Classifier) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Header and body leave in one packet; apart, the second waits 40 ms for the first's receipt.
        wbufsize = -1

        def do_GET(self) -> None:
            self._send({"status": "ok"})

        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            with tempfile.NamedTemporaryFile() as upload:
                upload.write(data)
                upload.flush()
                self._send(classifier.answer(Path(upload.name)))

        def _send(self, answer: Any) -> None:
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: a line per request is not part of the comparison."""

    return Handler


if __name__ == "__main__":
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    ThreadingHTTPServer(("127.0.0.1", port), handler(Classifier(folder))).serve_forever()
