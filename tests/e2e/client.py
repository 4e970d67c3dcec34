# SPDX-License-Identifier: Apache-2.0
"""The test client itself: its checks see what is wrong, and its exit code tells how a connection went."""
import os
import subprocess

import harness


class TestClient(harness.Case):
    def quit(self, client):
        client.good("quit")
        return client.process.wait(10 * harness.SCALE)

    def test_comparison_sees_one_pixel(self):
        service = self.service()
        client = service.client(size="640x480").connect()
        client.wait_pattern()
        path = client.dump("right.ppm")
        client.good(f"compare {path}")
        with open(path, "rb") as file:
            data = bytearray(file.read())
        at = len(data) - 3 * (640 * 100 + 7)
        data[at] ^= 2
        wrong = os.path.join(self.folder, "wrong.ppm")
        with open(wrong, "wb") as file:
            file.write(data)
        answer = client.ask(f"compare {wrong}")
        self.assertTrue(answer.startswith("error different pixels=1 max=2 "), answer)
        client.good(f"compare {wrong} tolerance=2")
        client.good(f"compare {wrong} area=0,0,640,300")
        self.assertTrue(client.ask(f"wait-match {wrong} timeout=200").startswith("error different"))
        self.assertTrue(client.ask(f"compare {wrong} area=0,0,641,300").startswith("error not comparable"))
        client.disconnect()
        self.assertEqual(self.quit(client), 0)

    def test_pattern_check_sees_one_pixel(self):
        service = self.service()
        client = service.client(size="640x480").connect()
        client.wait_pattern()
        path = client.dump("pattern.ppm")
        with open(path, "r+b") as file:
            file.seek(15 + 3 * (640 * 70 + 70))
            file.write(b"\x12")
        result = subprocess.run([harness.program("pattern-picture"), path, "0"], capture_output=True, text=True,
                                        timeout=20, env=self.environment())
        self.assertEqual(result.returncode, 1)
        self.assertIn("pixels=1 ", result.stdout)
        client.disconnect()

    def test_exit_codes(self):
        client = harness.Client(self, harness.free_port())
        client.begin()
        self.assertIn("last-error-name=ERRCONNECT_CONNECT_", client.ask("wait-active"))
        self.assertEqual(self.quit(client), 2)
        client = harness.Client(self, harness.free_port())
        self.assertTrue(client.ask("fly").startswith("error no such command"))
        self.assertTrue(client.ask("connect address=nowhere").startswith("error connect: address"))
        self.assertTrue(client.ask("stats").startswith("error no connection"))
        self.assertEqual(self.quit(client), 1)


if __name__ == "__main__":
    harness.main()
