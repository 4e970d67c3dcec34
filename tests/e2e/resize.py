# SPDX-License-Identifier: Apache-2.0
"""The client changes the size of its desktop while it is connected: every pixel is right afterwards, and the session is
the same one."""
import harness


class Resize(harness.Case):
    def wait_size(self, client, width, height):
        expected = (str(width), str(height))
        last = [None]

        def there():
            last[0] = client.stats()
            return (last[0]["width"], last[0]["height"]) == expected

        harness.wait_until(lambda: f"a desktop of {expected}; last: {last[0]}", 10, there)

    def settle(self, desk, client, width, height, seed):
        """The X server follows, and its picture arrives."""
        self.wait_size(client, width, height)
        harness.wait_until(lambda: f"a screen of {width}x{height}; it is {desk.good('picture 1')}", 10,
                           lambda: desk.good(f"picture {seed}") == {"width": str(width), "height": str(height)})
        client.match(desk.dump())

    def check(self, sizes, **options):
        service, screen = self.x11_service()
        desk = screen.desk()
        client = service.client(size="1024x768", **options).connect()
        service.wait_log("session program attached")
        self.settle(desk, client, 1024, 768, 1)
        sessions = service.sessions()
        for seed, (layout, width, height) in enumerate(sizes, 2):
            client.good(f"layout {layout}")
            self.settle(desk, client, width, height, seed)
        desk.good("plain 204060")  # and small changes still arrive
        client.match(desk.dump())
        client.good("drag 140 130 200 180")
        harness.wait_until("the box at 160, 150", 5, lambda: desk.good("box")["x"] == "160")
        client.match(desk.dump())
        self.assertEqual(list(service.sessions()), list(sessions), "another session")
        self.assertEqual(len(service.connections()), 1)
        stats = client.stats()
        self.assertEqual(client.disconnect()["error-info"], "0x00000000")
        return stats

    def test_gfx(self):
        self.check([("1280x720", 1280, 720), ("640x480", 640, 480), ("1111x601", 1110, 601), ("1024x768", 1024, 768)])

    def test_bitmaps(self):
        """Without the pipeline: by reactivation."""
        self.check([("1280x720", 1280, 720), ("640x480", 640, 480)], gfx="off", bpp=32)

    def test_two_monitors(self):
        stats = self.check([("1280x720+0+0,800x600+1280+100", 2080, 720), ("640x480+0+0,800x600+-800+0", 1440, 600)])
        self.assertEqual(stats["monitors"], "2")

    def test_connect_with_two_monitors(self):
        service, screen = self.x11_service()
        desk = screen.desk()
        client = service.client(size="1440x600", monitors="640x480+0+0,800x600+-800+0").connect()
        service.wait_log("session program attached")
        self.settle(desk, client, 1440, 600, 1)
        self.assertEqual(client.stats()["monitors"], "2")
        client.disconnect()

    def test_dragged_window(self):
        """Many wishes one after another: the last one holds."""
        service, screen = self.x11_service()
        desk = screen.desk()
        client = service.client(size="800x600").connect()
        service.wait_log("session program attached")
        self.settle(desk, client, 800, 600, 1)
        for step in range(60):
            client.good(f"layout {802 + 4 * step}x{600 + step}")
        self.settle(desk, client, 802 + 4 * 59, 659, 2)
        self.assertLess(service.log().count("the client's desktop is"), 30)
        client.disconnect()

    def test_nonsense(self):
        """Layouts that nobody can have change nothing and harm nothing."""
        service = self.service()
        client = service.client(size="800x600").connect()
        client.wait_pattern("RDSPROV PATTERN 800X600")
        # sizes out of bounds FreeRDP's client corrects itself: see the unit test of layouts
        for layout, why in (("640x480+0+0,640x480+100+100", "monitors overlap"),
                            ("8192x8192", "the desktop would be too large"),
                            ("640x480+0+0,640x480+30000+0", "the desktop would be too large")):
            client.good(f"layout {layout}")
            service.wait_log(f"layout is not taken: {why}")
        client.good("layout 900x600")
        client.wait_pattern("RDSPROV PATTERN 900X600")
        client.disconnect()

    def test_fixed_size(self):
        """A listener that gives every client one size offers no other."""
        service = self.service(desktop_size="800x600")
        client = service.client(size="1024x768").connect()
        client.wait_pattern("RDSPROV PATTERN 800X600")
        self.assertTrue(client.ask("layout 640x480").startswith("error"))
        client.disconnect()


if __name__ == "__main__":
    harness.main()
