# SPDX-License-Identifier: Apache-2.0
"""An older client that we did not build: Debian's xfreerdp of FreeRDP 2, with a window on an X server."""
import os
import shutil
import subprocess
import unittest

import harness

SIZE = (800, 600)


def find():
    """xfreerdp of FreeRDP 2, or None."""
    path = shutil.which("xfreerdp")
    if not path:
        return None
    libraries = subprocess.run(["ldd", path], capture_output=True, text=True, timeout=20).stdout
    return path if "libfreerdp2.so" in libraries else None


XFREERDP = find()


@unittest.skipUnless(XFREERDP, "there is no xfreerdp of FreeRDP 2 here (package freerdp2-x11; Debian 13 has none)")
class DebianClient(harness.Case):
    def start(self, service, screen, *options, password="demo", security="tls"):
        log = open(os.path.join(self.folder, "xfreerdp.err"), "w")
        self.addCleanup(log.close)
        process = harness.spawn(
            [XFREERDP, f"/v:127.0.0.1:{service.port}", "/u:demo", f"/p:{password}", f"/sec:{security}",
             f"/cert:fingerprint:sha256:{service.fingerprint}", f"/size:{SIZE[0]}x{SIZE[1]}", "-decorations",
             "-grab-keyboard", "/log-level:WARN", "-clipboard", *options],
            env=dict(self.environment(), DISPLAY=screen.name, LC_ALL="C"), stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT)
        self.addCleanup(harness.end, process)
        return process

    def said(self):
        with open(os.path.join(self.folder, "xfreerdp.err")) as file:
            return file.read()

    def pattern(self, desk, tolerance):
        """The pattern's lines as they are seen on the client's screen, all pixels checked."""
        path = desk.dump("window.ppm")
        result = subprocess.run([harness.program("pattern-picture"), path, str(tolerance)], capture_output=True,
                                text=True, timeout=20)
        return result.stdout.splitlines() if result.returncode == 0 else None

    def check(self, *options, tolerance=0, security="tls"):
        service = self.service(sam=True)
        screen = self.xvfb(size=f"{SIZE[0]}x{SIZE[1]}")
        desk = screen.desk(watch=True)
        process = self.start(service, screen, *options, security=security)
        service.wait_log("session program attached")
        harness.wait_until("the pattern in the window", 15, lambda: self.pattern(desk, tolerance), 0.2)
        self.key(screen, "h", "i")
        harness.wait_until("typed text in the window", 10,
                           lambda: any("TEXT  hi" in line for line in self.pattern(desk, tolerance) or ()), 0.2)
        self.assertEqual(harness.end(process, ask=None), -9)
        service.wait_connections(0)

    def key(self, screen, *keys):
        subprocess.run(["xdotool", "mousemove", "400", "500", "key", *keys], check=True, timeout=10,
                       env=dict(self.environment(), DISPLAY=screen.name))

    def test_gfx(self):
        self.check("/gfx:RFX")

    def test_gfx_progressive(self):
        self.check("/gfx", "+gfx-progressive")

    def test_bitmaps_32(self):
        self.check("/bpp:32")

    def test_bitmaps_16(self):
        self.check("/bpp:16", tolerance=8)

    def test_bitmaps_24(self):
        self.check("/bpp:24")

    def test_nla(self):
        self.check("/gfx:RFX", security="nla")

    def refused(self, security, words):
        service = self.service(sam=True)
        screen = self.xvfb(size=f"{SIZE[0]}x{SIZE[1]}")
        process = self.start(service, screen, password="wrong", security=security)
        self.assertNotEqual(process.wait(20 * harness.SCALE), 0)
        said = self.said()
        self.assertTrue(any(word in said for word in words), f"the client does not print why: {said}")

    def test_wrong_password_nla(self):
        self.refused("nla", ("ERRCONNECT_LOGON_FAILURE",))

    def test_wrong_password_tls(self):
        self.refused("tls", ("ERRINFO_SERVER_DENIED_CONNECTION",))


if __name__ == "__main__":
    harness.main()
