"""A model's server for tests: small, on the standard library alone."""

from __future__ import annotations

SERVER = """
import http.server, json, os, pathlib, signal, sys, threading, time

base = pathlib.Path(os.environ["SAGEMAKER_BASE_DIR"])
model = base / "model" / "model.txt"
answer = model.read_text() if model.exists() else "none"
print("serving", answer, flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status, body, kind="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if attributes := self.headers.get("X-Amzn-SageMaker-Custom-Attributes"):
            self.send_header("X-Amzn-SageMaker-Custom-Attributes", "seen: " + attributes)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if answer == "never ready":
            return self.reply(503, b"")
        self.reply(200, b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body == b"bad image":
            return self.reply(400, b"this is no image")
        if body == b"bug":
            return self.reply(500, b"a bug in the model")
        if body == b"die":
            os._exit(7)
        if body == b"slow":
            time.sleep(60)
        if body == b"environment":
            return self.reply(200, json.dumps(dict(os.environ)).encode())
        given = [self.headers.get("Content-Type"), self.headers.get("Accept")]
        seen = json.dumps([answer, body.decode(), *given, os.getpid()])
        self.reply(200, seen.encode(), "application/json")

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


if answer == "broken":
    print("cannot load the model", flush=True)
    sys.exit(3)
Server(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
"""
"""Answers with the text of its model; says `bad image`, `bug`, `die` and `slow` to what is called so."""
