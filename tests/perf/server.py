#!/usr/bin/env python3
"""Answers what `fleet.py` wrote, from memory and as fast as Python can: server.py DIR [PORT]

It knows no state: for pushes use `menusync sandbox`."""
import json
import socketserver
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

answers = {path.stem: path.read_bytes() for path in (Path(sys.argv[1]) / "answers").glob("*.json")}
token = json.dumps({"access_token": "t", "token_type": "bearer", "expires_in": 3600, "scope": "gofood:catalog:read gofood:catalog:write gofood:outlet:read"}).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def reply(self, body, status=200):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.reply(token)

    def do_GET(self):
        outlet = next((part for part in self.path.split("/") if part in answers), None)
        self.reply(answers[outlet]) if outlet else self.reply(b"{}", 404)

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


with Server(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 8719), Handler) as server:
    server.serve_forever()
