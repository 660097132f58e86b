#!/usr/bin/env python3
"""Times `menusync language-server` on a fleet of `fleet.py`: how long after a key of a layer, and of an outlet, is the editor
told what is wrong, or that nothing is?

    editor.py BINARY ROOT [TURNS]
"""
import json
import subprocess
import sys
import time
from pathlib import Path

binary, root = sys.argv[1], Path(sys.argv[2]).resolve()
turns = int(sys.argv[3]) if len(sys.argv) > 3 else 5
server = subprocess.Popen([binary, "--root", root, "language-server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def send(method, params, **more):
    body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more}).encode()
    server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    server.stdin.flush()


def receive():
    length = 0
    while line := server.stdout.readline().strip():
        length = int(line.split(b":")[1])
    return json.loads(server.stdout.read(length))


def told(uri, part):
    """Waits until something with this part is wrong in a file, or nothing is."""
    while True:
        message = receive()
        if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri:
            wrong = [diagnostic["message"] for diagnostic in message["params"]["diagnostics"]]
            if any(part in message for message in wrong) if part else not wrong:
                return


def typed(path):
    uri, text = path.as_uri(), path.read_text()
    send("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "yaml", "version": 0, "text": text}})
    times = []
    for version in range(1, 2 * turns + 1):
        key = f"wrong{version}" if version % 2 else ""
        began = time.monotonic()
        document = {"uri": uri, "version": version}
        changes = [{"text": f"{key}: 1\n{text}" if key else text}]
        send("textDocument/didChange", {"textDocument": document, "contentChanges": changes})
        told(uri, key)
        times.append(time.monotonic() - began)
    return f"{min(times):.2f} to {max(times):.2f} s"


send("initialize", {"capabilities": {}, "workspaceFolders": [{"uri": root.as_uri(), "name": "menus"}]}, id=1)
receive()
send("initialized", {})
files = sorted(root.glob("catalogs/**/*.yaml"))
is_outlet = [path for path in files if "outlet:" in path.read_text()]
layers = [path for path in files if path not in is_outlet]
print(f"{len(is_outlet)} outlets; one outlet: {typed(is_outlet[0])}")
if layers:
    print(f"a layer of all of them: {typed(layers[0])}")
memory = Path(f"/proc/{server.pid}/statm").read_text().split()[1]
print(f"memory: {int(memory) * 4 // 1024} MB")
server.kill()
