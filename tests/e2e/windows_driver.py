# SPDX-License-Identifier: Apache-2.0
"""The driver's DLL for Windows under Wine, behind launcher, provider and peer for Windows and a native FreeRDP client."""
import os

import driver
import wine


def program(name):
    return wine.path_of(os.path.join(wine.WINDOWS_BIN, name if "." in name else name + ".exe"))


class WindowsDriver(driver.Cases, wine.Case):
    def setUp(self):
        super().setUp()
        self.register()

    @staticmethod
    def path_for_launcher(path):
        return wine.path_of(path)

    def serve(self, **config):
        pipe = f"rdsprov-e2e-{os.getpid()}"
        launcher = driver.Launcher(self, pipe, words=("wine",), programs=program, library=program("rdsprov_idd_sim.dll"),
                                   env=self.wine_environment())
        return launcher, self.service(launcher=pipe, **config)

    def test_two_monitors(self):
        launcher, service = self.serve()
        client = service.client(size="1440x600", monitors="640x480+0+0,800x600+-800+0").connect()
        self.drawn_by_driver(launcher, service, client)
        client.disconnect()
        launcher.verdict()


if __name__ == "__main__":
    driver.harness.main()
