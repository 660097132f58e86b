#!/usr/bin/env python3
"""Measures what docs/performance.md tells of large fleets, in one run on one machine: targets.py DIR [PART]…

Parts: plan, memory, large (reading only, against server.py) and daemon (a daemon against `menusync sandbox`; minutes).
Without any, all of them. Needs `cargo build --release` and `cargo bench --bench lower_bound --no-run`; writes below DIR.
CPU and wall are the least of three runs, peaks the largest."""
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MENUSYNC = str(ROOT / "target/release/menusync")
# As the systemd unit sets them.
ENVIRONMENT = dict(
    os.environ,
    MENUSYNC_CLIENT_ID="sandbox",
    MENUSYNC_CLIENT_SECRET="sandbox",
    MIMALLOC_ALLOW_THP="0",
    MIMALLOC_PURGE_DELAY="0",
)


def lower_bound():
    found = sorted((ROOT / "target/release/deps").glob("lower_bound-*"), key=os.path.getmtime)
    return str([path for path in found if os.access(path, os.X_OK) and path.suffix == ""][-1])


def run(command, times=3, codes=(0, 2)):
    """CPU and wall seconds, and the peak in MB."""
    cpu, wall, peak = [], [], []
    for _ in range(times):
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
        _, status, usage = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status) not in codes:
            raise SystemExit(f"{command} ended with {status}")
        wall.append(time.monotonic() - began)
        cpu.append(usage.ru_utime + usage.ru_stime)
        peak.append(usage.ru_maxrss / 1024)
    return min(cpu), min(wall), max(peak)


def tell(what, figures):
    cpu, wall, peak = figures
    print(f"| {what} | {cpu:.2f} s | {wall:.2f} s | {peak:.0f} MB |", flush=True)
    return cpu


class Server:
    """The answers of a fleet."""

    def __init__(self, target):
        self.process = subprocess.Popen([sys.executable, HERE / "server.py", target])
        time.sleep(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def fleet(base, name, outlets, items, *more):
    target = base / name
    if not target.exists():
        subprocess.run([sys.executable, HERE / "fleet.py", target, str(outlets), str(items), *more], check=True)
    return target


def plan(base):
    print("\n| what | CPU | wall | peak |\n|---|---|---|---|")
    standalone = None
    for name, outlets, items, more in [
        ("one", 1, 500, []),
        ("standalone", 1000, 200, []),
        ("layered", 1000, 200, ["--layered"]),
    ]:
        target = fleet(base, name, outlets, items, *more)
        with Server(target):
            words = f"{outlets} × {items}, {name}"
            tell(f"{words}: `menusync validate`", run([MENUSYNC, "validate", "--root", target / "root"]))
            state = ["--root", target / "root", "--state-dir", target / "state"]
            cpu = tell(f"{words}: `menusync plan`", run([MENUSYNC, "plan", *state]))
            if more:
                # The bound and the script read no layers.
                print(f"| … against standalone | {cpu / standalone:.2f} × | | |", flush=True)
                continue
            standalone = cpu
            bound = tell(f"{words}: lower bound", run([lower_bound(), target]))
            script = tell(f"{words}: `json` and `==`", run([sys.executable, HERE / "peers.py", "json", target]))
            print(f"| … against the bound, the script | {cpu / bound:.1f} ×, {cpu / script:.1f} × | | |", flush=True)


def memory(base):
    print("\n| what | CPU | wall | peak |\n|---|---|---|---|")
    for outlets in [100, 400, 1000]:
        target = fleet(base, f"memory-{outlets}", outlets, 200)
        with Server(target):
            state = ["--root", target / "root", "--state-dir", target / "state"]
            tell(f"{outlets} × 200: validate", run([MENUSYNC, "validate", *state]))
            tell(f"{outlets} × 200: plan", run([MENUSYNC, "plan", *state]))
            run([MENUSYNC, "run", "--once", *state], times=1)
            tell(f"{outlets} × 200: run --once, unchanged", run([MENUSYNC, "run", "--once", *state]))


def large(base):
    print("\n| what | CPU | wall | peak |\n|---|---|---|---|")
    target = fleet(base, "large", 5000, 50, "--layered")
    with Server(target):
        state = ["--root", target / "root", "--state-dir", target / "state"]
        for command in ["validate", "plan", "fmt --check", "diff HEAD"]:
            words = command.split()
            if words[0] == "diff":
                git = ["git", "-C", target / "root", "-c", "user.name=t", "-c", "user.email=t@example.com"]
                subprocess.run([*git, "init", "-q"], check=True)
                subprocess.run([*git, "add", "-A"], check=True)
                subprocess.run([*git, "commit", "-qm", "x", "--allow-empty"], check=True)
            options = state if words[0] == "plan" else state[:2]
            tell(f"5000 × 50, layered: {command}", run([MENUSYNC, *words, *options], codes=(0, 1, 2)))
    target = fleet(base, "one-20000", 1, 20000)
    with Server(target):
        state = ["--root", target / "root", "--state-dir", target / "state"]
        tell("1 × 20,000: plan", run([MENUSYNC, "plan", *state]))


# ── the daemon ──

def puts():
    """How many PUTs the daemon has sent: the stand-in would give out all of their bodies."""
    metrics = urllib.request.urlopen("http://127.0.0.1:8717/metrics").read().decode()
    counts = [line.rsplit(" ", 1)[1] for line in metrics.splitlines() if 'method="PUT"' in line and "_total{" in line]
    return sum(int(float(count)) for count in counts)


def resident(process):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024, int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def cpu_of(process):
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for(what, is_there, within=600):
    began = time.monotonic()
    while not is_there():
        if time.monotonic() - began > within:
            raise SystemExit(f"waited {within} s for {what}")
        time.sleep(0.02)
    return time.monotonic() - began


def state_size(directory):
    return sum(path.stat().st_size for path in directory.glob("menusync.sqlite3*"))


def daemon(base, outlets=1000, items=200):
    target = fleet(base, f"daemon-{outlets}", outlets, items, "--layered")
    state = target / "state"
    subprocess.run(["rm", "-rf", state], check=True)
    sandbox = subprocess.Popen([MENUSYNC, "sandbox", "--any-outlet", "--publish-delay", "1"], stdout=subprocess.DEVNULL)
    time.sleep(1)
    options = ["--root", target / "root", "--state-dir", state]
    try:
        first = run([MENUSYNC, "apply", "--yes", "--allow", "first-contact", *options], times=1)
        print("\n| what | |\n|---|---|")
        print(f"| first push of {outlets} × {items}: CPU, wall, peak | {first[0]:.0f} s, {first[1]:.0f} s, {first[2]:.0f} MB |")
        print(f"| state after it, an outlet | {state_size(state) / outlets / 1024:.0f} KB |", flush=True)
        log = open(target / "daemon.log", "w")
        process = subprocess.Popen([MENUSYNC, "run", *options], stdout=log, stderr=log, env=ENVIRONMENT)
        try:
            wait_for("the first pass", lambda: "pass ended" in (target / "daemon.log").read_text())
            time.sleep(15)
            print(f"| daemon, idle after its first pass | {resident(process)[0]:.0f} MB |", flush=True)
            before = puts()
            one = target / "root/catalogs/G900000007.yaml"
            one.write_text(one.read_text() + "items: {ITEM-00003: {price: 31000}}\n")
            print(f"| edit of one outlet saved → PUT | {wait_for('a PUT', lambda: puts() > before):.2f} s |", flush=True)
            time.sleep(10)
            size, cpu, count = state_size(state), cpu_of(process), puts()
            layer = target / "root/catalogs/base.yaml"
            text = layer.read_text()
            layer.write_text(text.replace("price: 15000", "price: 15500", 1))
            began = time.monotonic()
            first_put = wait_for("a PUT", lambda: puts() > count)
            wait_for("all PUTs", lambda: puts() >= count + outlets - 1)
            last = time.monotonic() - began
            print(f"| layer edited → first PUT, last PUT | {first_put:.2f} s, {last:.0f} s |")
            print(f"| … CPU a push, peak | {(cpu_of(process) - cpu) / outlets * 1000:.0f} ms, {resident(process)[1]:.0f} MB |", flush=True)
            time.sleep(60)
            print(f"| … settled, a minute later | {resident(process)[0]:.0f} MB |")
            print(f"| … state grown by, a push | {(state_size(state) - size) / outlets / 1024:.1f} KB |", flush=True)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
        database = sqlite3.connect(state / "menusync.sqlite3")
        pages, free, page = (database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size"))
        print(f"| state file, free pages | {pages * page / 1e6:.1f} MB, {100 * free / pages:.0f} % |", flush=True)
    finally:
        sandbox.kill()
        sandbox.wait()


def main():
    base = Path(sys.argv[1])
    base.mkdir(parents=True, exist_ok=True)
    parts = {"plan": plan, "memory": memory, "large": large, "daemon": daemon}
    for part in sys.argv[2:] or parts:
        parts[part](base)


main()
