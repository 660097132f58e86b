#!/usr/bin/env python3
"""Measures one daemon over many outlets of several accounts: outlets.py BINARY DIR [OUTLETS [DISHES [ACCOUNTS [RATE]]]]

Makes a root below DIR (5,000 outlets of one layer of 50 dishes, over 10 accounts, if not said otherwise), starts
`menusync sandbox` and `menusync run` on it, and prints what docs/performance.md has: time, CPU, memory and database writes of
the first round, of rounds in which nothing has changed, and from an edit to its PUT while such a round is under way.
RATE is `requests_per_second`; without it the machine is the limit."""
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
PORT = 8719


def settings(root, accounts, rate, schedule):
    named = "".join(f"    a{n}: {{client_id_file: ../id, client_secret_file: ../secret}}\n" for n in range(accounts))
    (root / "menusync.yaml").write_text(
        f"target: custom\nschedule: '{schedule}'\njitter: 0s\ngobiz:\n  api_url: http://127.0.0.1:{PORT}\n"
        f"  oauth_url: http://127.0.0.1:{PORT}/oauth2/token\n  requests_per_second: {rate}\n  concurrency: 8\n"
        f"  accounts:\n{named}images: {{check: false}}\nverify: {{interval: 1s}}\n"
    )


def make(target, outlets, dishes, accounts):
    subprocess.run([sys.executable, HERE / "fleet.py", target, str(outlets), str(dishes), "--layered"], check=True)
    for name in ("id", "secret"):
        (target / name).write_text("sandbox\n")
        (target / name).chmod(0o600)
    for at, file in enumerate(sorted((target / "root/catalogs").glob("G9*.yaml"))):
        file.write_text(file.read_text() + f"account: a{at % accounts}\n")


class Daemon:
    def __init__(self, binary, target):
        self.log = target / "daemon.log"
        out = open(self.log, "w")
        options = ["--root", target / "root", "--state-dir", target / "state", "--listen", "127.0.0.1:8717"]
        environment = dict(os.environ, MIMALLOC_ALLOW_THP="0", MIMALLOC_PURGE_DELAY="0")
        self.process = subprocess.Popen([binary, "run", *options], stdout=out, stderr=out, env=environment)

    def cpu(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return [int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024 for name in ("VmRSS", "VmHWM")]

    def written(self):
        """Bytes on their way to the disk: the database and the log, no calls."""
        return int(re.search(r"^write_bytes: (\d+)", Path(f"/proc/{self.process.pid}/io").read_text(), re.M)[1])

    def metric(self, name, label=""):
        text = urllib.request.urlopen("http://127.0.0.1:8717/metrics", timeout=60).read().decode()
        lines = [line for line in text.splitlines() if line.startswith(name) and label in line]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    def puts(self):
        return self.metric("menusync_api_requests_total", 'method="PUT"')

    def rounds(self, cause):
        lines = self.log.read_text(errors="replace").splitlines()
        lines = [line for line in lines if "pass ended" in line and re.search(rf"cause[=\":]+{cause}", line)]
        return [(int(re.search(r"outlets[=\":]+(\d+)", line)[1]), float(re.search(r"seconds[=\":]+([\d.]+)", line)[1])) for line in lines]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def wait_for(what, is_there, within, pause=0.5):
    began = time.monotonic()
    while not is_there():
        if time.monotonic() - began > within:
            raise SystemExit(f"waited {within} s for {what}")
        time.sleep(pause)
    return time.monotonic() - began


def tell(what, value):
    print(f"| {what} | {value} |", flush=True)


def main():
    binary, target = sys.argv[1], Path(sys.argv[2])
    outlets, dishes, accounts = (int(word) for word in (sys.argv[3:6] + ["5000", "50", "10"][len(sys.argv[3:6]):]))
    rate = float(sys.argv[6]) if len(sys.argv) > 6 else 100000
    subprocess.run(["rm", "-rf", target], check=True)
    make(target, outlets, dishes, accounts)
    # The first round alone.
    settings(target / "root", accounts, rate, "0 0 1 1 *")
    sandbox = subprocess.Popen(
        [binary, "sandbox", "--any-outlet", "--publish-delay", "1", "--listen", f"127.0.0.1:{PORT}"], stdout=subprocess.DEVNULL
    )
    time.sleep(1)
    daemon = Daemon(binary, target)
    patience = 600 + 6 * outlets / min(rate, 50)
    try:
        print("\n| what | |\n|---|---|")
        began = time.monotonic()
        wait_for("the first round", lambda: daemon.rounds("start"), patience)
        tell(f"first round, {outlets} pushes", f"{time.monotonic() - began:.0f} s, {daemon.cpu():.0f} s CPU, peak {daemon.memory()[1]:.0f} MB")
        state = sum(path.stat().st_size for path in (target / "state").glob("menusync.sqlite3*"))
        tell("the state, for each outlet", f"{state / outlets / 1024:.0f} KB")
        tell("… written to disk meanwhile, for each outlet", f"{daemon.written() / outlets / 1024:.0f} KB")
        # Rounds in which nothing has changed: the second is a long one, the fourth a short one.
        for words in ("second round, nothing changed", "third", "fourth"):
            cpu, written, known = daemon.cpu(), daemon.written(), len(daemon.rounds("signal"))
            daemon.process.send_signal(signal.SIGUSR1)
            wait_for(words, lambda: len(daemon.rounds("signal")) > known, patience)
            took = daemon.rounds("signal")[-1][1]
            per = 1000 / outlets
            tell(words, f"{took:.1f} s, {daemon.cpu() - cpu:.1f} s CPU ({(daemon.cpu() - cpu) * per:.1f} ms an outlet), "
                 f"{(daemon.written() - written) / outlets / 1024:.2f} KB to disk an outlet, {daemon.memory()[0]:.0f} MB")
        delays = []
        for at in range(3):
            known = len(daemon.rounds("signal"))
            daemon.process.send_signal(signal.SIGUSR1)
            time.sleep(1)
            before = daemon.puts()
            waiting = daemon.metric("menusync_waiting_outlets")
            # The last by id: where outlets go in order of their ids, it comes last.
            one = target / f"root/catalogs/G9{outlets - 1 - at:08}.yaml"
            one.write_text(one.read_text() + f"items: {{ITEM-00003: {{price: {31000 + at * 500}}}}}\n")
            delay = wait_for("a PUT", lambda: daemon.puts() > before, patience, 0.05)
            under_way = len(daemon.rounds("signal")) == known
            delays.append(f"{delay:.2f} s ({waiting:.0f} waited{'' if under_way else ', the round had ended'})")
            wait_for("the end of the round", lambda: len(daemon.rounds("signal")) > known, patience)
        tell("an edit saved while a round is under way → its PUT is answered", ", ".join(delays))
        for path in ("metrics", "", "api/v1/status"):
            began = time.monotonic()
            size = len(urllib.request.urlopen(f"http://127.0.0.1:8717/{path}", timeout=60).read())
            tell(f"`/{path}`", f"{(time.monotonic() - began) * 1000:.0f} ms, {size / 1024:.0f} KB")
    finally:
        daemon.end()
        sandbox.kill()
        sandbox.wait()


main()
