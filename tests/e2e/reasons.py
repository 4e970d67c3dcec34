# SPDX-License-Identifier: Apache-2.0
"""SetErrorInfo and PreDisconnect: the client is told why at every step from which on the service knows it."""
import os
import shutil
import subprocess

import harness

# where the client stands still while the service ends it
STEPS = ("license", "demand-active", "confirm-active", "finalization", "font-list")
REASONS = ((3, "ERRINFO_IDLE_TIMEOUT"), (5, "ERRINFO_DISCONNECTED_BY_OTHER_CONNECTION"), (4, "ERRINFO_LOGON_TIMEOUT"))
DEBIAN_CLIENT = "/usr/bin/xfreerdp"


class Reasons(harness.Case):
    def end_at(self, service, step, reason, **options):
        """What a client hears that is ended while it stands at that step."""
        known = service.log().count("-> OnConnected")
        client = service.client(stop_at=step, size="640x480", **options).begin()
        self.assertEqual(client.ask("wait-active"), "error stopped")
        service.wait_log("-> OnConnected", count=known + 1)
        (number,) = service.connections()
        service.control(f"disconnect {number} {reason}")
        client.good("resume")
        ended = client.wait_end()
        self.assertEqual(ended["by"], "server")
        self.assertNotIn("phase active", service.log().rsplit("closed by the service", 1)[1].splitlines()[0])
        client.close()
        return ended

    def test_every_step_before_active(self):
        service = self.service(sam=True)
        for number, step in enumerate(STEPS):
            reason, name = REASONS[number % len(REASONS)]
            for security in ("tls", "nla"):
                with self.subTest(step=step, security=security):
                    self.assertEqual(self.end_at(service, step, reason, security=security)["error-info-name"], name)

    def test_active_without_a_session(self):
        """The service has not shown anything yet: the client sees the waiting picture."""
        service = self.service(session_program="/bin/false")
        client = service.client(size="640x480").connect()
        client.good("wait-picture quiet=300")
        service.control(f"disconnect {max(service.connections())} 4")
        self.assertEqual(client.wait_end()["error-info-name"], "ERRINFO_LOGON_TIMEOUT")

    @harness.unittest.skipUnless(os.path.exists(DEBIAN_CLIENT) and shutil.which("Xvfb"), "no FreeRDP 2 client here")
    def test_freerdp_2_client(self):
        """The reason is in what the client of the distribution says, before it is active and after."""
        service = self.service(users=("demo:demo", "anna:one"))
        screen = self.xvfb()
        for user, password, drain, name in (("demo", "wrong", False, "ERRINFO_SERVER_DENIED_CONNECTION"),
                                            ("demo", "demo", False, "ERRINFO_IDLE_TIMEOUT"),
                                            ("anna", "one", True, "ERRINFO_SERVER_DENIED_CONNECTION")):
            with self.subTest(user=user, password=password, drain=drain):
                service.control("drain on" if drain else "drain off")
                said = os.path.join(self.folder, "said")
                with open(said, "w") as file:
                    client = harness.spawn(
                        [DEBIAN_CLIENT, f"/v:127.0.0.1:{service.port}", f"/u:{user}", f"/p:{password}", "/cert:ignore",
                         "/sec:tls", "/size:640x480", "/log-level:DEBUG", "-clipboard"],
                        env=dict(self.environment(), DISPLAY=screen.name), stdin=subprocess.DEVNULL, stdout=file,
                        stderr=subprocess.STDOUT)
                self.addCleanup(harness.end, client)
                if (password, drain) == ("demo", False):
                    service.wait_log("session program attached")
                    service.control(f"disconnect {max(service.connections())} 3")
                client.wait(20 * harness.SCALE)
                with open(said, errors="replace") as file:
                    text = file.read()
                self.assertIn(name, text, text[-3000:])


if __name__ == "__main__":
    harness.main()
