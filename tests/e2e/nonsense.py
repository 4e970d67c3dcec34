# SPDX-License-Identifier: Apache-2.0
"""A session program that sends nonsense: the client stays, sees the waiting picture, and gets a new program."""
import os
import stat
import time

import harness

KINDS = ("garbage", "garbled", "wide", "bad-slot", "bad-rect", "no-credit", "late-garbage", "no-hello", "bad-pointer")


class Nonsense(harness.Case):
    def program(self, kind):
        """Misbehaves when it is started first, and is the real one from then on."""
        path = os.path.join(self.folder, kind)
        flag = path + ".done"
        with open(path, "w") as file:
            file.write(f'#!/bin/sh\nif [ -e {flag} ]; then exec {harness.program("rdsprov-session")} "$@"; fi\n'
                       f': > {flag}\nexec {harness.program("fake-session")} {kind}\n')
        os.chmod(path, stat.S_IRWXU)
        return path

    def check(self, kind, seconds=10):
        service = self.service(session_program=self.program(kind))
        client = service.client(size="800x600").connect()
        client.wait_pattern(seconds=seconds)
        client.good("type I am fine")
        client.wait_pattern("I am fine")
        lost = [line for line in service.log().splitlines() if "; next try " in line]
        self.assertEqual(len(lost), 1, f"one line about the program that was lost; there are {lost}")
        self.assertEqual(len(service.connections()), 1)
        self.assert_log(service, "BrokenConnection", 0)
        client.disconnect()

    def test_silent(self):
        self.check("silent", 25)

    def test_pixels_that_change_while_they_are_read(self):
        service = self.service(session_program=self.program("scribble"))
        for options in ({}, {"gfx": "off", "bpp": 16}):
            client = service.client(size="640x480", **options).connect()
            time.sleep(2)
            client.good("stats")
            client.disconnect()

    def test_flood(self):
        service = self.service(session_program=self.program("flood"))
        client = service.client(size="640x480").connect()
        time.sleep(3)
        client.good("type x")
        self.assertEqual(len(service.connections()), 1)
        client.disconnect()


for name in KINDS:
    setattr(Nonsense, "test_" + name.replace("-", "_"), lambda self, kind=name: self.check(kind))

if __name__ == "__main__":
    harness.main()
