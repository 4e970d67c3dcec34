# SPDX-License-Identifier: Apache-2.0
"""What the display path is to reach, against what a run of bench.py measured; the furthest from its goal first."""
import statistics

FULL_RATE = 59  # of 60 frames/s: a run's edges cut frames
SLOW_RTT_MS = 200


def middle(results, server, workload, key):
    values = [result.get(key) if "." not in key else (result.get(key.split(".")[0]) or {}).get(key.split(".")[1])
              for result in results.get(workload, {}).get(server, [])]
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


class Goals:
    def __init__(self, results):
        self.results = results
        self.rows = []  # factor (above 1: missed), goal, ours, limit

    def ours(self, workload, key):
        return middle(self.results, "rdsprov", workload, key)

    def xrdp(self, workload, key):
        return middle(self.results, "xrdp", workload, key)

    def best_peer(self, workload, key):
        values = [middle(self.results, peer, workload, key) for peer in ("xrdp", "freerdp-shadow")]
        return min((value for value in values if value is not None), default=None)

    def at_most(self, what, value, limit, unit=""):
        if value is None or limit is None:
            return
        factor = value / limit if limit > 0 else (0.0 if value <= 0 else float("inf"))
        self.rows.append((factor, what, f"{value:.4g} {unit}", f"at most {limit:.4g} {unit}"))

    def at_least(self, what, value, limit, unit=""):
        if value is None or limit is None:
            return
        self.rows.append((limit / value if value > 0 else float("inf"), what, f"{value:.4g} {unit}", f"at least {limit:.4g} {unit}"))

    def half(self, value, part=0.5):
        return None if value is None else value * part

    def collect(self):
        self.at_most("connect: added until active, half the best peer's", self.ours("connect", "active_added_ms.p50"),
                     self.half(self.best_peer("connect", "active_added_ms.p50")), "ms")
        self.at_most("connect: added until the desktop shows, half the best peer's", self.ours("connect", "desktop_added_ms.p50"),
                     self.half(self.best_peer("connect", "desktop_added_ms.p50")), "ms")
        for workload in ("key-idle", "key-scroll"):
            self.at_most(f"{workload} p50", self.ours(workload, "echo_p50_ms"), 8, "ms")
            self.at_most(f"{workload} p99", self.ours(workload, "echo_p99_ms"), 16, "ms")
            self.at_most(f"{workload} p50, a quarter of xrdp's", self.ours(workload, "echo_p50_ms"),
                         self.half(self.xrdp(workload, "echo_p50_ms"), 0.25), "ms")
        self.at_most("idle: frames of graphics", self.ours("idle", "gfx_frames_per_s"), 0, "/s")
        self.at_most("idle: CPU", self.ours("idle", "cpu"), 0.3, "%")
        for workload in ("type", "scroll", "video"):
            self.at_least(f"{workload}: frames/s", self.ours(workload, "shown_per_s"), FULL_RATE)
        self.at_most("type: bytes/frame, xrdp's", self.ours("type", "bytes_per_frame"), self.xrdp("type", "bytes_per_frame"))
        self.at_most("type: CPU", self.ours("type", "cpu"), 3, "%")
        self.at_most("scroll: bytes/frame, a tenth of xrdp's", self.ours("scroll", "bytes_per_frame"),
                     self.half(self.xrdp("scroll", "bytes_per_frame"), 0.1))
        self.at_most("scroll: CPU a frame, half of xrdp's", self.per_frame("rdsprov", "scroll"),
                     self.half(self.per_frame("xrdp", "scroll")), "ms")
        self.at_most("video: bytes/frame, xrdp's", self.ours("video", "bytes_per_frame"), self.xrdp("video", "bytes_per_frame"))
        self.at_least("video: PSNR moving, xrdp's", self.ours("video", "motion_psnr"), self.xrdp("video", "motion_psnr"), "dB")
        self.at_least("full-video: frames/s", self.ours("full-video", "shown_per_s"), 30)
        self.at_most("full-video: CPU, one core", self.ours("full-video", "cpu"), 100, "%")
        for workload in ("key-video-slow",):
            self.at_most(f"{workload} p50 (1 Mbit/s, {SLOW_RTT_MS} ms), RTT + 50 ms", self.ours(workload, "echo_p50_ms"),
                         SLOW_RTT_MS + 50, "ms")
        private = self.ours("idle-50", "private_mb")
        self.at_most("memory: private MB an idle connection", private / 50 if private else None, 16, "MB")
        self.at_most("50 idle clients: CPU", self.ours("idle-50", "cpu"), 5, "%")
        for workload, servers in self.results.items():
            runs = [result for result in servers.get("rdsprov", []) if result.get("kind") == "watch"]
            settled = [result.get("settled_ms") or 0 for result in runs if not result.get("probe")]
            if settled and not workload.startswith("key") and not workload.startswith("mouse"):
                exact = all(result.get("settled_exact") for result in runs)
                self.at_most(f"{workload}: exact within 1 s", max(settled) if exact else float("inf"), 1000, "ms")

    def per_frame(self, server, workload):
        """Milliseconds of processor time for a frame, the X server's included: with xrdp it is what captures."""
        cpu, frames = middle(self.results, server, workload, "cpu_all"), middle(self.results, server, workload, "shown_per_s")
        return cpu * 10 / frames if cpu and frames else None


def show(results):
    goals = Goals(results)
    goals.collect()
    print("\n| goal | reached | wanted | |\n|---|---|---|---|")
    for factor, what, value, limit in sorted(goals.rows, reverse=True):
        print(f"| {what} | {value} | {limit} | {'**missed**' if factor > 1 else 'met'} ({factor:.2f}) |")
