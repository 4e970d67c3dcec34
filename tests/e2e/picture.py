# SPDX-License-Identifier: Apache-2.0
"""The picture of an X11 desktop arrives as it is: every pixel, in every way that a client can ask for it."""
import time

import harness

# what the way from 8 bits of a channel to 5 (red, blue) and back loses at most
TOLERANCE_16 = 8


def processor_ticks(pids):
    """What the processes used so far, in hundredths of a second."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as file:
            total += sum(int(field) for field in file.read().rsplit(")", 1)[1].split()[11:13])
    return total


class Picture(harness.Case):
    def check(self, size, tolerance=0, **options):
        service, screen = self.x11_service()
        desk = screen.desk()
        client = service.client(size=size, **options).connect()
        service.wait_log("session program attached")
        width, height = (int(part) for part in size.split("x"))
        width &= ~1  # RDP knows even widths only
        harness.wait_until("the screen has the client's size", 5,
                           lambda: desk.good("picture 1") == {"width": str(width), "height": str(height)})
        client.match(desk.dump(), tolerance)
        for seed in (2, 3):
            desk.good(f"picture {seed}")
            client.match(desk.dump(), tolerance)
        # small changes: only a little is sent for them, and the rest stays exact
        desk.good("plain 204060")
        client.match(desk.dump(), tolerance)
        before = client.stats()
        client.good("drag 140 130 200 180")
        harness.wait_until(lambda: f"the box at 160, 150; it is {desk.good('box')}", 5,
                           lambda: desk.good("box") == {"x": "160", "y": "150", "width": "90", "height": "60"})
        client.match(desk.dump(), tolerance)
        after = client.stats()
        changed = int(after["pixels"]) - int(before["pixels"])
        self.assertLess(changed, width * height, "a moved box made the whole picture change")
        client.good("wait-picture quiet=500")
        quiet = client.stats()
        time.sleep(1)
        self.assertEqual(client.stats()["updates"], quiet["updates"], "pictures came although nothing changed")
        self.assertEqual(client.stats()["gfx"], options.get("gfx", "on"))
        client.disconnect()
        return after

    def test_gfx(self):
        stats = self.check("1024x768")
        self.assertNotEqual(stats["codecs"], "none")

    def test_gfx_odd_size(self):
        self.check("1022x767")

    def test_gfx_1280x720(self):
        self.check("1280x720")

    def test_gfx_odd_width(self):
        self.check("801x600")

    def test_gfx_small(self):
        self.check("334x215")

    def test_gfx_caps_8(self):
        stats = self.check("1024x768", caps_filter="0x7fe")
        self.assertEqual(stats["caps"], "0x00080004")

    def test_gfx_thin_client_small_cache(self):
        self.check("1024x768", thin_client="on", small_cache="on")

    def test_bitmaps_32(self):
        self.check("1024x768", gfx="off", bpp=32)

    def test_bitmaps_24(self):
        self.check("1024x768", gfx="off", bpp=24)

    def test_bitmaps_16(self):
        self.check("1024x768", TOLERANCE_16, gfx="off", bpp=16)

    def test_bitmaps_odd_size(self):
        self.check("1018x763", gfx="off", bpp=32)

    def test_bitmaps_16_odd_size(self):
        self.check("1018x763", TOLERANCE_16, gfx="off", bpp=16)

    def check_suppress(self, **options):
        """A client that does not look gets nothing, and a right picture at once when it looks again."""
        service, screen = self.x11_service()
        desk = screen.desk()
        client = service.client(size="800x600", **options).connect()
        service.wait_log("session program attached")
        desk.good("picture 1")
        client.match(desk.dump())
        client.good("suppress on")
        service.wait_log("client suppresses output")
        before = client.stats()
        for seed in range(2, 6):
            desk.good(f"picture {seed}")
            time.sleep(0.2)
        sent = int(client.stats()["bytes-in"]) - int(before["bytes-in"])
        self.assertLess(sent, 20000, "pictures were sent to a client that does not look")
        client.good("suppress off")
        client.match(desk.dump(), seconds=5)
        before = client.stats()
        client.good("refresh 100,100,50,50")
        harness.wait_until("an update for a refresh", 5, lambda: int(client.stats()["updates"]) > int(before["updates"]))
        client.match(desk.dump())
        client.disconnect()

    def test_closed_graphics_channel(self):
        """A client that closes the pipeline's channel gets bitmap updates, and the peer comes to rest."""
        service, screen = self.x11_service()
        desk = screen.desk()
        client = service.client(size="800x600").connect()
        service.wait_log("session program attached")
        desk.good("picture 1")
        client.match(desk.dump())
        client.good("close-gfx")
        service.wait_log("no graphics pipeline (closed by the client), bitmap updates instead")
        for seed in (2, 3):
            desk.good(f"picture {seed}")
            client.match(desk.dump())
        client.good("wait-picture quiet=500")
        before = processor_ticks(service.processes("rdsprov-peer"))
        time.sleep(1)
        self.assertLess(processor_ticks(service.processes("rdsprov-peer")) - before, 20, "the peer does not come to rest")
        client.disconnect()

    def test_suppress_gfx(self):
        self.check_suppress()

    def test_suppress_bitmaps(self):
        self.check_suppress(gfx="off", bpp=32)


if __name__ == "__main__":
    harness.main()
