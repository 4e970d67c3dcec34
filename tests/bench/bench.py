# SPDX-License-Identifier: Apache-2.0
"""Runs rdpbench against the servers, some times over, and prints medians. scripts/bench builds and calls it."""
import argparse
import json
import math
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import goals
import servers
from processes import children, end, spawn

WATCHED = ["idle", "type", "xterm", "scroll", "drag", "video", "full-video", "photo", "idle-50"]
SLOW = ["key-idle-slow", "key-video-slow"]
SLOW_LINE = "1000,100"  # kbit/s, ms one way
WORKLOADS = ["connect"] + WATCHED + ["key-idle", "key-scroll", "key-video", "mouse-idle"] + SLOW


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures the display path of rdsprov, and of other servers "
                                     "beside it. docs/bench.md.")
    parser.add_argument("workload", nargs="*", help="of: " + " ".join(WORKLOADS) + "; all of them when none is named")
    parser.add_argument("--with-peers", action="store_true", help="freerdp-shadow and xrdp, too, where they are installed")
    parser.add_argument("--only", metavar="SERVER", help="this server only")
    parser.add_argument("--seconds", type=float, default=4, help="of each run (4)")
    parser.add_argument("--runs", type=int, default=5, help="of each workload, round robin over the servers (5)")
    parser.add_argument("--connects", type=int, default=10, help="connections of one connect run (10)")
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--gfx", choices=["on", "off"], default="on")
    parser.add_argument("--codecs", default="progressive", help="what the client offers: progressive, avc420, avc444, planar")
    parser.add_argument("--h264", choices=["no", "auto"], help="our listener's setting, otherwise its default")
    parser.add_argument("--goals", action="store_true", help="at the end, the display's goals and what was reached")
    parser.add_argument("--first", action="store_true", help="put what is measured before the machine's other work (root)")
    parser.add_argument("--decoder", choices=["simd", "plain"], default="simd", help="the client's routines")
    parser.add_argument("--check", action="store_true", help="fail unless frames came and every settled picture of ours is exact")
    parser.add_argument("--json", metavar="FILE", help="every single result, with the machine")
    options = parser.parse_args()
    for name in options.workload:
        if name not in WORKLOADS:
            parser.error(f"{name}: not one of {' '.join(WORKLOADS)}")
    options.workload = options.workload or WORKLOADS
    return options


def editor(server):
    """A terminal over most of the screen with an editor in it, under the pointer, so that it has the focus."""
    terminal = spawn(["xterm", "-fa", "DejaVu Sans Mono", "-fs", "11", "-geometry", "130x38+0+0", "-e", "sh", "-c",
                      "vi -u NONE -n -c startinsert 2>/dev/null || cat"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL, env=dict(os.environ, DISPLAY=server.display, XAUTHORITY=server.authority))
    time.sleep(2)
    return terminal


def run_once(options, bin, server, workload):
    command = [os.path.join(bin, "rdpbench")] + server.rdpbench_arguments() + ["--gfx", options.gfx, "--codecs", options.codecs,
                                                                                "--decoder", options.decoder]
    if options.check:
        command += ["--settle", "30000"]  # it is about whether, not about when
    terminal = None
    if workload == "connect":
        command += ["--connects", str(options.connects)]
    elif workload == "xterm":
        terminal = editor(server)
        command += ["--workload", "type-keys", "--seconds", str(options.seconds)]
    elif workload == "idle-50":
        command += ["--workload", "idle", "--user", server.user + "%", "--connections", "50", "--seconds", str(options.seconds * 2)]
    else:
        probe, _, scene = workload.partition("-")
        if probe in ("key", "mouse"):
            slow = scene.endswith("-slow")
            command += ["--probe", probe, "--workload", scene.removesuffix("-slow")]
            if slow:
                command += ["--line", SLOW_LINE]
        else:
            command += ["--workload", workload]
        command += ["--seconds", str(options.seconds * (3 if workload in SLOW else 1))]
    environment = dict(os.environ, HOME=server.folder, XAUTHORITY=server.authority)
    limit = 90 + (options.connects * 8 if workload == "connect" else options.seconds * 4)
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=limit, env=environment)
    except subprocess.TimeoutExpired:
        return {"error": f"not within {limit:.0f} s"}
    finally:
        if terminal:
            end(terminal)
    try:
        answer = json.loads(result.stdout)
    except ValueError:
        answer = {"error": (result.stderr.strip() or f"exit {result.returncode}").splitlines()[-1]}
    return answer


def value_of(result, key):
    """A figure of one result: a path into it, or the processors' time."""
    value = result
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def split_cpu(result, x_server):
    """Per cent of a core: the server's processes, and the X server's."""
    server = x = private = pss = 0.0
    for process in result.get("processes", []):
        if process["name"] == x_server:
            x += process["cpu_percent"]
        else:
            server += process["cpu_percent"]
            private += process["private_kb"] / 1024
            pss += process["pss_kb"] / 1024
    return {"cpu": server, "x_cpu": x, "cpu_all": server + x, "private_mb": private, "pss_mb": pss}


def median(values):
    values = [value for value in values if value is not None and not math.isnan(value)]
    return statistics.median(values) if values else None


def spread(values):
    values = [value for value in values if value is not None and not math.isnan(value)]
    return (min(values), max(values)) if values else None


def number(value, digits=1):
    if value is None:
        return "-"
    if value and abs(value) < 10 ** -digits:
        return f"{value:.{digits + 2}f}"
    return f"{value:.{digits}f}"


def cell(results, key, digits=1, scale=1.0):
    """The median; and the least and the most, where they are more than a tenth of it apart."""
    values = [value_of(result, key) for result in results]
    values = [None if value is None else value * scale for value in values]
    middle, ends = median(values), spread(values)
    text = number(middle, digits)
    if ends and ends[1] - ends[0] > abs(middle) / 10:
        text += f" ({number(ends[0], digits)}..{number(ends[1], digits)})"
    return text


def processes_of(results):
    """Each program's part, in the run whose processor time is the middle one."""
    good = sorted((result for result in results if result.get("processes")), key=lambda result: result["cpu_all"])
    if not good:
        return ""
    return "; ".join(f"{process['count']} {process['name']} {number(process['cpu_percent'], 2)} %, "
                     f"{process['private_kb'] / 1024:.1f} MB private, {process['shared_kb'] / 1024:.1f} shared"
                     for process in good[len(good) // 2]["processes"])


CONNECT_COLUMNS = [("connected ms", "active_ms.p50", 1), ("client's own", "active_client_cpu_ms.p50", 1),
                   ("added", "active_added_ms.p50", 1), ("first picture ms", "first_ms.p50", 1), ("added", "first_added_ms.p50", 1),
                   ("desktop ms", "desktop_ms.p50", 1), ("added", "desktop_added_ms.p50", 1)]
WATCH_COLUMNS = [("frames/s", "shown_per_s", 1), ("Mbit/s", "mbit_per_s", 2), ("bytes/frame", "bytes_per_frame", 0),
                 ("Mpixel/s", "mpixels_per_s", 1), ("CPU %", "cpu", 2), ("X CPU %", "x_cpu", 1),
                 ("delay p50 ms", "delay_p50_ms", 1), ("p99", "delay_p99_ms", 1), ("PSNR moving", "motion_psnr", 1),
                 ("settled ms", "settled_ms", 0), ("private MB", "private_mb", 1)]
PROBE_COLUMNS = [("p50 ms", "echo_p50_ms", 1), ("p99 ms", "echo_p99_ms", 1), ("samples", "echo_count", 0), ("lost", "echo_lost", 0),
                 ("CPU %", "cpu", 1)]


def table(title, columns, rows):
    print(f"\n{title}\n")
    lines = [["server"] + [name for name, _, _ in columns] + (["exact"] if columns is WATCH_COLUMNS else [])]
    for name, results in rows:
        good = [result for result in results if "error" not in result]
        line = [name] + [cell(good, key, digits) for _, key, digits in columns]
        if columns is WATCH_COLUMNS:
            exact = [result.get("settled_exact") for result in good]
            line.append(f"{exact.count(True)} of {len(good)}")
        lines.append(line)
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for index, line in enumerate(lines):
        print("| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |")
        if index == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    for name, results in rows:
        parts = processes_of(results)
        if parts:
            print(f"{name}: {parts}")
        for result in results:
            if "error" in result:
                print(f"{name}: a run failed: {result['error']}")
    sys.stdout.flush()


def sound(workload, result, options):
    """Whether a result is what a working server gives, whatever the machine's speed."""
    if workload == "connect":
        return result.get("failed") == 0 and value_of(result, "desktop_ms.count") > 0
    if workload not in WATCHED:
        return result.get("echo_count", 0) > 0
    moving = workload == "idle" or result.get("shown_per_s", 0) > 0
    if options.h264 and "video" in workload:
        wanted = options.h264 == "auto" and "avc" in options.codecs
        moving = moving and ((value_of(result, "commands.avc420") or 0) > 0) == wanted
        moving = moving and (result.get("motion_psnr") or 0) > 30  # and the colours are right
    return moving and result.get("settled_exact") is True


def machine():
    model = "?"
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {"processor": model, "cores": os.cpu_count(), "kernel": os.uname().release, "load": os.getloadavg(),
            "time": time.strftime("%Y-%m-%dT%H:%M:%S")}


def put_first(stop):
    """A session is a scheduling group of its own where the kernel groups automatically, and niceness does not reach out of it.
    So every process of ours, whoever started it, gets its group's niceness set, as they come."""
    while not stop.wait(0.1):
        pids, done = [os.getpid()], set()
        while pids:
            pid = pids.pop()
            pids += children(pid)
            if pid not in done:
                done.add(pid)
                try:
                    with open(f"/proc/{pid}/autogroup", "w") as file:
                        file.write("-15")
                except OSError:
                    pass


def main():
    options = arguments()
    bin = os.environ["RDSPROV_BIN"]
    folder = tempfile.mkdtemp(prefix="rdsprov-bench-")
    wanted = [kind for kind in servers.SERVERS if options.with_peers or options.only or kind is servers.Rdsprov]
    if options.only:
        wanted = [kind for kind in wanted if kind.name == options.only]
    running, results, code = [], {}, 0
    stop = threading.Event()
    if options.first:
        threading.Thread(target=put_first, args=(stop,), daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # through the end of this function
    about = machine()
    print(f"{about['cores']} cores of {about['processor']}, Linux {about['kernel']}, load before: "
          f"{about['load'][0]:.2f}; {options.runs} runs of {options.seconds:g} s, median (least..most)")
    try:
        for kind in wanted:
            why = kind.missing()
            if why:
                print(f"{kind.name} is left out: {why}")
                continue
            server = kind(folder, options.size, bin)
            if options.h264 and kind is servers.Rdsprov:
                server.more = f"h264 = {options.h264}\n"
            running.append(server)
            server.start()
        for workload in options.workload:
            rows = {server.name: [] for server in running}
            if workload == "idle-50":  # the others give all the same desktop, or need 50 accounts
                rows = {name: runs for name, runs in rows.items() if name == servers.Rdsprov.name}
            for _ in range(options.runs):  # in turn, so that they meet the same machine
                for server in running:
                    if server.name not in rows:
                        continue
                    result = run_once(options, bin, server, workload)
                    result.update(split_cpu(result, server.x_server))
                    rows[server.name].append(result)
                    code = code or ("error" in result)
                    if options.check and server.name == "rdsprov" and not sound(workload, result, options):
                        print(f"{workload}: not as it must be: {result}")
                        code = 1
            results[workload] = rows
            columns = CONNECT_COLUMNS if workload == "connect" else WATCH_COLUMNS if workload in WATCHED else PROBE_COLUMNS
            table(workload, columns, list(rows.items()))
    except (servers.Failed, AssertionError) as problem:
        print(f"scripts/bench: {problem}", file=sys.stderr)
        code = 1
    finally:
        stop.set()
        for server in running:
            server.stop()
        if os.environ.get("RDPBENCH_KEEP") != "1":
            shutil.rmtree(folder, ignore_errors=True)
    if options.goals:
        goals.show(results)
    print(f"\nload after: {os.getloadavg()[0]:.2f}")
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"machine": about, "options": vars(options), "results": results}, file, indent=1)
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
