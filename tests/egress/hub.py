"""A model hub on this machine, as far as a download needs one."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def served_hub(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """The address of a hub whose every repository holds the files of ``folder``, and what it is asked for."""
    asked: list[str] = []

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.command} {self.path} {self.headers['User-Agent']}")
            path = self.path.split("?")[0]
            if path.startswith("/api/models/"):
                told = _tree(folder) if "/tree/" in path else _repository(folder)
                self.answer(json.dumps(told).encode(), "application/json")
            elif "/resolve/" in path and (file := folder / path.rsplit("/", 1)[1]).is_file():
                self.answer(file.read_bytes(), "application/octet-stream", ETag=f'"{file.name}"')
            else:
                self.send_error(404)

        do_HEAD = do_GET

        def answer(self, body: bytes, kind: str, **headers: str) -> None:
            self.send_response(200)
            length = {"Content-Type": kind, "Content-Length": str(len(body)), "X-Repo-Commit": COMMIT}
            for name, value in (length | headers).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def _tree(folder: Path) -> list[dict[str, object]]:
    return [
        {"type": "file", "path": path.name, "size": path.stat().st_size, "oid": COMMIT}
        for path in folder.iterdir()
    ]


def _repository(folder: Path) -> dict[str, object]:
    siblings = [{"rfilename": path.name, "size": path.stat().st_size} for path in folder.iterdir()]
    return {"id": "someone/something", "sha": COMMIT, "siblings": siblings}
