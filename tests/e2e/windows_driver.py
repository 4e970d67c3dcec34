# SPDX-License-Identifier: Apache-2.0
"""The driver's DLL for Windows under Wine, behind the provider and a native FreeRDP client."""
import os

import harness
import wine


class WindowsDriver(wine.Case):
    def setUp(self):
        super().setUp()
        self.register()

    def test_picture(self):
        picture, verdict = (os.path.join(self.folder, name) for name in ("presented.ppm", "verdict"))
        arguments = ("--driver", wine.path_of(os.path.join(wine.WINDOWS_BIN, "rdsprov_idd_sim.dll")), "--picture", wine.path_of(picture),
                     "--verdict", wine.path_of(verdict), "--draws", "120", "--split")
        service = self.service(session_args=arguments, arguments=(
            "--session-program", wine.path_of(os.path.join(wine.WINDOWS_BIN, "iddsim-session.exe"))))
        client = service.client(size="1024x600").connect()
        harness.wait_until("the driver's side has drawn everything", 40, lambda: os.path.exists(picture), 0.1)
        client.match(picture)
        client.disconnect()

        def judged():
            if not os.path.exists(verdict):
                return ""
            with open(verdict) as file:
                text = file.read()
            return "end:" in text and text

        text = harness.wait_until("the simulated framework's verdict", 20, judged, 0.1)
        self.assertIn("end: 0 rules are broken", text)


if __name__ == "__main__":
    harness.main()
