# SPDX-License-Identifier: Apache-2.0
"""What a client types and clicks arrives at an X11 desktop, and nothing stays held when it leaves."""
import os
import signal
import time

import harness


class Input(harness.Case):
    def ready(self, **options):
        service, screen = self.x11_service()
        desk = screen.desk()
        client = service.client(size="800x600", **options).connect()
        service.wait_log("session program attached")
        desk.good("plain 305030")
        client.match(desk.dump())
        return service, screen, desk, client

    def typed(self, desk, count):
        """The next `count` characters that came as key presses."""
        text = ""
        while len(text) < count:
            text += desk.wait_event("key down").split()[-1][:1]
            if text.endswith("-"):
                text = text[:-1]
        return text

    def test_text(self):
        _, _, desk, client = self.ready()
        client.good("type aZ09!?{}~|<>")
        self.assertEqual(self.typed(desk, 12), "aZ09!?{}~|<>")
        client.disconnect()

    def test_special_keys(self):
        _, _, desk, client = self.ready()
        for code, name in (("01", "Escape"), ("0f", "Tab"), ("1c", "Return"), ("e01c", "KP_Enter"), ("1d", "Control_L"),
                           ("e01d", "Control_R"), ("e05b", "Super_L"), ("e048", "Up"), ("48", "KP_"), ("3b", "F1"),
                           ("58", "F12"), ("e053", "Delete"), ("pause", "Pause"), ("56", "less"), ("e05d", "Menu")):
            client.good(f"key {code}")
            event = desk.wait_event("key down").split()
            self.assertTrue(event[3].startswith(name), f"{code} came as {event}")
            desk.wait_event(f"key up {event[2]}")
        client.disconnect()

    def test_unicode(self):
        _, _, desk, client = self.ready()
        client.good("unicode ä€Ж")
        names = [desk.wait_event("key down").split()[3] for _ in range(3)]
        self.assertEqual(names, ["adiaeresis", "U20AC", "U0416"])
        client.disconnect()

    def test_mouse(self):
        _, _, desk, client = self.ready()
        client.good("move 123 45")
        desk.wait_event("motion 123 45")
        for rdp, x11 in ((1, 1), (2, 3), (3, 2), (4, 8), (5, 9)):
            client.good(f"button {rdp} press 200 201")
            desk.wait_event(f"button down {x11} 200 201")
            desk.wait_event(f"button up {x11} 200 201")
        for wheel, x11 in (("120", 4), ("-120", 5), ("120 horizontal", 7), ("-120 horizontal", 6)):
            client.good(f"wheel {wheel}")
            desk.wait_event(f"button down {x11}")
            desk.wait_event(f"button up {x11}")
        client.good("drag 110 110 410 330")
        harness.wait_until("the box was dragged", 5, lambda: desk.good("box")["x"] == "400")
        client.match(desk.dump())
        client.disconnect()

    def test_lock_keys(self):
        _, _, desk, client = self.ready()
        for locks, mask in (("caps", 0x02), ("caps num", 0x12), ("", 0x00)):
            client.good(f"sync {locks}")
            harness.wait_until(lambda: f"lock keys {mask:#x}", 5,
                               lambda: int(desk.good("pointer")["mask"], 16) & 0x12 == mask)
        client.disconnect()

    def test_pointer_shape(self):
        _, _, desk, client = self.ready()
        for number in (8, 24, 40, 120, 376):  # the last two: 128 and 384 pixels a side
            shape = desk.good(f"cursor {number}")
            client.good("move 50 50")
            harness.wait_until(lambda: f"pointer {shape}; it is {client.stats()}", 5,
                               lambda: (client.stats()["pointer"], client.stats()["hot"]) ==
                               (f"{shape['width']}x{shape['height']}", shape["hot"]))
            stats = client.stats()
            self.assertEqual(int(stats["opaque"]), int(shape["width"]) * int(shape["height"]))
        client.disconnect()

    def hold(self, desk, client):
        client.good("key 2a down")
        client.good("key e01d down")
        client.good("button 1 down 300 300")
        desk.wait_event("button down 1")
        harness.wait_until("two keys are down", 5, lambda: desk.good("keys")["down"].count(",") == 1)

    def check_released(self, desk):
        harness.wait_until(lambda: f"no key is down; {desk.good('keys')}", 5,
                           lambda: desk.good("keys")["down"] == "none")
        self.assertEqual(int(desk.good("pointer")["mask"], 16) & 0x1F05, 0)

    def test_held_keys_are_released_at_disconnect(self):
        _, _, desk, client = self.ready()
        self.hold(desk, client)
        client.disconnect()
        self.check_released(desk)

    def test_held_keys_are_released_when_the_client_dies(self):
        _, _, desk, client = self.ready()
        self.hold(desk, client)
        client.process.kill()
        self.check_released(desk)

    def test_held_keys_are_released_when_the_peer_dies(self):
        service, _, desk, client = self.ready()
        self.hold(desk, client)
        for pid in service.processes("rdsprov-peer"):
            os.kill(pid, signal.SIGKILL)
        self.check_released(desk)

    def test_xterm(self):
        service, screen = self.x11_service()
        client = service.client(size="800x600").connect()
        service.wait_log("session program attached")
        desk = screen.desk(watch=True)
        path = os.path.join(self.folder, "typed")
        screen.run(["xterm", "-geometry", "80x30+0+0", "-e", "sh", "-c", f"cat > {path}"])
        harness.wait_until("xterm has begun", 10, lambda: os.path.exists(path))
        client.good("move 200 200")  # the window under the pointer has the focus: there is no window manager
        time.sleep(0.5)
        text = "The quick brown fox; 1 + 1 = 2 & $HOME 'x' \"y\""
        client.good(f"type {text}\\n")
        client.good("key 1d down")
        client.good("key 20")
        client.good("key 1d up")

        def read():
            with open(path) as file:
                return file.read()

        harness.wait_until(lambda: f"typed text; there is {read()!r}", 10, lambda: read() == text + "\n")
        client.good("wait-picture quiet=300")
        client.match(desk.dump())
        client.disconnect()


if __name__ == "__main__":
    harness.main()
