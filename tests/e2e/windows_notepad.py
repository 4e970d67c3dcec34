# SPDX-License-Identifier: Apache-2.0
"""A Wine desktop with Notepad, through the Windows binaries: what the client types is in Notepad, what Notepad shows is at
the client."""
import os
import subprocess

import harness
import wine

SIZE = "1024x768"


class WindowsNotepad(wine.Case):
    def setUp(self):
        super().setUp()
        self.screen = harness.Xvfb(self, SIZE)
        self.display = self.screen.name
        self.register()
        self.desk = self.screen.desk(watch=True)
        self.typed = os.path.join(self.folder, "typed.txt")
        with open(self.typed, "w"):
            pass
        process = harness.spawn(["wine", "explorer", f"/desktop=e2e,{SIZE}", "notepad.exe", wine.path_of(self.typed)],
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                env=self.wine_environment())
        self.addCleanup(harness.end, process)

    def start(self, **options):
        service = self.service(desktop="gdi", session_args=("--join", "e2e"), desktop_size=SIZE)
        client = service.client(size=SIZE, **options).connect()
        service.wait_log("session program attached", 20)
        return service, client

    def shown(self, client):
        """Waits until the client sees what the Wine desktop's X server shows; that picture. The caret blinks, so each look
        at the source holds for a moment only."""
        for _ in range(20):
            client.ask("wait-picture quiet=250 timeout=2000")
            source = self.desk.dump()
            answer = client.ask(f"wait-match {source} timeout=300")
            if answer.startswith("ok"):
                return source
        self.fail("the client does not see the Wine desktop: " + answer)

    def type_and_save(self, client, text):
        client.good("move 500 400")
        client.good("button 1 press 500 400")
        before = os.path.join(self.folder, "before.ppm")
        os.rename(self.shown(client), before)
        client.good(f"type {text}")
        harness.wait_until("the text at the client", 10, lambda: int(harness.fields(
            client.ask(f"compare {before}")).get("pixels", 0)) > 10 * len(text), 0.2)
        self.shown(client)
        client.good("key 1d down")
        client.good("key 1f")  # Ctrl+S
        client.good("key 1d up")

        def saved():
            with open(self.typed, "rb") as file:
                return file.read().decode()

        harness.wait_until(lambda: f"Notepad's file with the text; there is {saved()!r}", 10, lambda: saved() == text, 0.1)

    def test_typed_text_arrives_and_is_seen(self):
        service, client = self.start()
        harness.wait_until("Notepad's window", 15,
                           lambda: self.wine_window(client), 0.3)
        text = "Hello from a client: {1 + 1} = 2!"
        self.type_and_save(client, text)
        client.disconnect()
        # again, without the graphics pipeline: the same desktop
        client.connect(gfx="off", bpp=32)
        service.wait_log("session program attached", 20, count=2)
        self.shown(client)
        client.good("type  More.")
        self.shown(client)
        client.disconnect()

    def wine_window(self, client):
        """The desktop shows more than its background."""
        path = self.desk.dump("look.ppm")
        with open(path, "rb") as file:
            pixels = file.read()[16:]
        return len({pixels[i:i + 3] for i in range(0, len(pixels) - 2, 300)}) > 3


if __name__ == "__main__":
    harness.main()
