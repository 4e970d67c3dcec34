# SPDX-License-Identifier: Apache-2.0
"""The whole way of a frame: swap chain, display driver, slots, peer, FreeRDP client. iddsim-session stands where the launcher
service and the driver's host process stand on Windows."""
import os
import time

import harness


class Driver(harness.Case):
    def serve(self, *more, **config):
        self.picture = os.path.join(self.folder, "presented.ppm")
        self.verdict = os.path.join(self.folder, "verdict")
        arguments = ("--driver", harness.program("rdsprov_idd_sim.so"), "--picture", self.picture, "--verdict", self.verdict) + more
        return self.service(session_program=harness.program("iddsim-session"), session_args=arguments, **config)

    def check_picture(self, client, seconds=30):
        """Until all is drawn, then until the client shows exactly that."""
        harness.wait_until("the driver's side has drawn everything", seconds, lambda: os.path.exists(self.picture), 0.05)
        client.match(self.picture)
        os.unlink(self.picture)

    def read_verdict(self):
        if not os.path.exists(self.verdict):
            return ""
        with open(self.verdict) as file:
            return file.read()

    def check_verdict(self, lives=1):
        harness.wait_until("the simulated framework's verdict", 20, lambda: self.read_verdict().count("end:") >= lives)
        verdict = self.read_verdict()
        self.assertEqual(verdict.count("end: 0 rules are broken"), lives, verdict)

    def test_picture(self):
        service = self.serve("--draws", "120")
        client = service.client(size="1024x768").connect()
        self.check_picture(client)
        client.disconnect()
        self.check_verdict()

    def test_two_monitors(self):
        service = self.serve("--draws", "120", "--split")
        client = service.client(size="1024x600").connect()
        self.check_picture(client)
        client.disconnect()
        self.check_verdict()

    def test_bitmaps_and_another_size(self):
        service = self.serve("--draws", "60")
        client = service.client(size="801x601", gfx="off", bpp=32).connect()
        self.check_picture(client)
        client.disconnect()
        self.check_verdict()
        client.connect(size="640x480", gfx="on")
        self.check_picture(client)
        client.disconnect()
        self.check_verdict(2)

    def test_device_goes_with_the_client(self):
        """The client vanishes in the middle: the device is removed, nothing is left of it."""
        service = self.serve("--draws", "100000")
        client = service.client(size="1024x768").connect()
        time.sleep(1)
        client.close()
        self.check_verdict()


if __name__ == "__main__":
    harness.main()
