# SPDX-License-Identifier: Apache-2.0
"""The built-in pattern desktop: a client sees every pixel of it, and drives it."""
import harness


class Pattern(harness.Case):
    def test_tls_picture_and_input(self):
        service = self.service(security="tls")
        client = service.client(security="tls", size="1024x768").connect()
        client.wait_pattern("RDSPROV PATTERN 1024X768")
        client.good("type Hello, World 42")
        client.wait_pattern("TEXT  Hello, World 42 ")
        client.good("key e01c")
        client.wait_pattern("E01C+ E01C- ")
        client.good("key pause")
        client.wait_pattern("PAUSE")
        client.good("unicode ä")
        client.wait_pattern("Hello, World 42<E4>")
        client.good("move 321 234")
        client.wait_pattern("MOUSE 0321,0234")
        client.good("button 1 down 5 6")
        client.wait_pattern("MOUSE 0005,0006  BUTTONS 1----")
        client.good("button 5 down 5 6")
        client.wait_pattern("BUTTONS 1---5")
        client.good("button 1 up 5 6")
        client.good("button 5 up 5 6")
        client.wait_pattern("BUTTONS -----")
        client.good("wheel 120")
        client.good("wheel -240 horizontal")
        client.wait_pattern("WHEEL +0000120 -0000240")
        client.good("sync caps num")
        client.wait_pattern("LOCKS NUM CAPS ------")
        self.assertEqual(client.stats()["gfx"], "on")
        ended = client.disconnect()
        self.assertEqual(ended["was-active"], "yes")

    def test_every_version_of_the_pipeline(self):
        """Each alone, as the client's filter lets one choose: it is confirmed, and the picture is exact."""
        service = self.service()
        seen = set()
        for bit in range(11):
            client = service.client(size="640x480", caps_filter=hex(0x7ff & ~(1 << bit))).connect()
            client.wait_pattern("RDSPROV PATTERN 640X480")
            stats = client.stats()
            # FreeRDP offers 10.5 and 10.6 only when it can scale; without any it is served bitmap updates
            if stats["gfx"] == "on":
                seen.add(stats["caps"])
            client.disconnect()
        print("confirmed:", " ".join(sorted(seen)))
        self.assertLessEqual({"0x00080004", "0x00080105", "0x000a0002", "0x000a0100", "0x000a0200", "0x000a0301", "0x000a0400",
                              "0x000a0701"}, seen)

    def check_moving(self, tolerance, **options):
        """Every frame of a moving pattern that is looked at is one moment of it, not parts of two."""
        service = self.service(still=False)
        client = service.client(size="800x600", **options).connect()
        seen, looks = set(), 0
        while len(seen) < 5 and looks < 500:
            seen.add(client.wait_pattern(tolerance=tolerance)[1])
            looks += 1
        self.assertEqual(len(seen), 5, f"after {looks} looks")
        client.disconnect()

    def test_moving_frames_are_whole(self):
        # what moves may be sent lossily; a row from another frame would be off by far more
        self.check_moving(32)

    def test_moving_frames_are_whole_without_gfx(self):
        self.check_moving(0, gfx="off", bpp=32)


if __name__ == "__main__":
    harness.main()
