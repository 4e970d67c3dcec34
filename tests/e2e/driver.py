# SPDX-License-Identifier: Apache-2.0
"""The whole way: FreeRDP client, provider, peer, and the two that a peer has memory and pipe for: the session program (input) and
the display driver (frames). iddsim-launcher is the launcher of the service, with the driver in a simulated framework."""
import os
import subprocess

import harness
from processes import Driven, wait_until


class Launcher(Driven):
    """iddsim-launcher; `words` come before its name."""

    def __init__(self, test, pipe, desktop=("pattern", "--pattern-static"), options=(), words=(), programs=harness.program, library=None,
                 env=None):
        arguments = [word for part in ("--desktop", *desktop) for word in ("--arg", part)]
        super().__init__(test, [*words, programs("iddsim-launcher"), "--pipe", pipe, "--driver", library or programs("rdsprov_idd_sim.so"),
                                "--program", programs("rdsprov-session"), *arguments, *options], env)
        if self.answer() != "ready":
            raise AssertionError("iddsim-launcher: " + self.read_errors())

    def good(self, command, seconds=40):
        answer = self.ask(command, seconds)
        if not answer.startswith("ok"):
            raise AssertionError(f"iddsim-launcher: {answer}\n{self.read_errors()}")
        return answer.split()[1:]

    def matches(self, client, session, path="presented.ppm"):
        """The client shows exactly what Windows draws there."""
        path = os.path.join(self.test.folder, path)
        self.good(f"picture {session} {self.test.path_for_launcher(path)}")
        client.match(path, seconds=20)

    def verdict(self, seconds=30):
        """Ends it: is a rule of the frameworks broken?"""
        self.process.stdin.close()
        try:
            code = self.process.wait(seconds * harness.SCALE)
        except subprocess.TimeoutExpired:
            raise AssertionError("iddsim-launcher does not end: " + self.read_errors()) from None
        self.lines.thread.join(5)
        self.test.assertEqual(self.log[-1], "end: 0 rules are broken", self.log)
        self.test.assertEqual(code, 0)


class Base:
    """What native and Windows tests share."""

    @staticmethod
    def path_for_launcher(path):
        return path

    def load(self, launcher, service, form="path"):
        """The service loads the driver of its only session; its number."""
        session = max(wait_until("the service has no session", 10, service.sessions))
        connection = max(service.connections())
        launcher.good(f"load {session}")
        service.control(f"step {connection} OnDriverLoad {form}")
        return session

    def unload(self, launcher, service, session):
        """As Windows does it: the device goes, then the word."""
        launcher.good(f"unload {session}")
        service.control(f"step {max(service.connections())} OnDriverUnload new {session}")

    def drawn_by_driver(self, launcher, service, client, form="path", draws=120):
        session = self.load(launcher, service, form)
        service.wait_log("display driver attached")
        launcher.good(f"draw {session} {draws}")
        launcher.matches(client, session)
        return session


class Cases(Base):
    """What is played on both."""

    def test_takes_over_and_gives_back(self):
        """The program draws, the driver takes over, its loss brings the program back, and a new device the driver."""
        launcher, service = self.serve()
        client = service.client(size="1024x768").connect()
        client.wait_pattern()
        session = self.drawn_by_driver(launcher, service, client)
        self.unload(launcher, service, session)
        client.wait_pattern()
        self.drawn_by_driver(launcher, service, client, "handle")
        client.disconnect()
        service.wait_connections(0)
        launcher.verdict()


class Driver(Cases, harness.Case):
    def serve(self, desktop=("pattern", "--pattern-static"), options=(), **config):
        pipe = os.path.join(self.folder, "real-launcher")
        launcher = Launcher(self, pipe, desktop, options)
        return launcher, self.service(override={"launcher": pipe}, **config)

    def test_input_is_the_programs(self):
        screen = self.xvfb()
        launcher, service = self.serve(("x11", "--display", screen.name))
        desk = screen.desk()
        client = service.client(size="800x600").connect()
        self.drawn_by_driver(launcher, service, client)
        desk.events.clear()
        client.good("move 123 45")
        desk.wait_event("motion 123 45")
        client.good("key 1e")
        desk.wait_event("key down")
        client.disconnect()
        launcher.verdict()

    def test_two_monitors_with_scale(self):
        launcher, service = self.serve()
        client = service.client(size="1440x600", monitors="640x480+0+0,800x600+-800+0").connect()
        session = self.drawn_by_driver(launcher, service, client)
        self.assertEqual(set(launcher.good(f"monitors {session}")), {"640x480+0+0@100", "800x600-800+0@100"})
        client.disconnect()
        launcher.verdict()

    def test_resize(self):
        """Other sizes and monitors are the driver's; the program lives on."""
        launcher, service = self.serve()
        client = service.client(size="800x600").connect()
        session = self.drawn_by_driver(launcher, service, client)
        programs = harness.children(launcher.process.pid)
        for number, layout in enumerate(("1024x700", "640x480,320x480+640+0", "1280x720", "800x600"), 2):
            client.good(f"layout {layout}")
            service.wait_log("display driver attached", count=number)
            launcher.good(f"draw {session} 40")
            launcher.matches(client, session)
            self.assertEqual(len(launcher.good(f"monitors {session}")), layout.count(",") + 1)
        self.assertEqual(harness.children(launcher.process.pid), programs)
        client.disconnect()
        launcher.verdict()

    def test_resize_then_lost(self):
        """The program that comes back has the size of now."""
        launcher, service = self.serve()
        client = service.client(size="800x600").connect()
        session = self.drawn_by_driver(launcher, service, client)
        client.good("layout 1024x700")
        service.wait_log("display driver attached", count=2)
        self.unload(launcher, service, session)
        self.assertIn("1024", " ".join(client.wait_pattern()))
        client.disconnect()
        launcher.verdict()

    def test_bitmaps(self):
        launcher, service = self.serve()
        client = service.client(size="801x601", gfx="off", bpp=32).connect()
        self.drawn_by_driver(launcher, service, client)
        client.disconnect()
        launcher.verdict()

    def test_adapters_memory(self):
        """Frames that lie in the graphics adapter's memory."""
        launcher, service = self.serve(options=("--gpu",))
        client = service.client(size="1024x768").connect()
        self.drawn_by_driver(launcher, service, client)
        client.disconnect()
        launcher.verdict()

    def test_chains_come_and_go(self):
        """Swap chains are lost, and screen updates stopped and started: the last picture stays, and goes on."""
        launcher, service = self.serve()
        client = service.client(size="1024x768").connect()
        session = self.drawn_by_driver(launcher, service, client)
        launcher.good(f"lose {session}")
        launcher.good(f"draw {session} 20")
        launcher.matches(client, session)
        launcher.good(f"updates {session} off")
        client.match(os.path.join(self.folder, "presented.ppm"))
        launcher.good(f"updates {session} on")
        launcher.good(f"draw {session} 20")
        launcher.matches(client, session)
        client.disconnect()
        launcher.verdict()

    def test_disconnect_and_reconnect(self):
        """Windows makes a new device at each connect; the session is the same."""
        launcher, service = self.serve()
        client = service.client(size="1024x768").connect()
        session = self.drawn_by_driver(launcher, service, client)
        client.disconnect()
        service.wait_connections(0)
        launcher.good(f"unload {session}")
        client.connect(size="800x600")
        client.wait_pattern()
        self.assertEqual(self.drawn_by_driver(launcher, service, client), session)
        client.disconnect()
        launcher.verdict()

    def test_no_device(self):
        """The service says that there is a driver, and there is none that can be opened: the program draws on."""
        launcher, service = self.serve()
        client = service.client(size="1024x768").connect()
        client.wait_pattern()
        service.control(f"step {max(service.connections())} OnDriverLoad path")
        service.wait_log("display driver not started", count=2)
        self.assertTrue(client.pattern())
        self.drawn_by_driver_later(launcher, service, client)
        client.disconnect()
        launcher.verdict()

    def drawn_by_driver_later(self, launcher, service, client, count=1):
        """The device comes after all: the peer asks again by itself, and is attached for the count-th time."""
        session = max(service.sessions())
        launcher.good(f"load {session}")
        service.wait_log("display driver attached", seconds=20, count=count)
        launcher.good(f"draw {session} 60")
        launcher.matches(client, session)

    def test_client_vanishes(self):
        """In the middle of a frame; the device goes too, and nothing of it is left."""
        launcher, service = self.serve()
        client = service.client(size="1024x768").connect()
        session = self.drawn_by_driver(launcher, service, client)
        client.close()
        launcher.good(f"draw {session} 30")
        service.wait_connections(0)
        launcher.good(f"unload {session}")
        launcher.verdict()

    def test_launcher_dies(self):
        """Its process is the driver's here, too: the client sees the waiting picture, and all of it again when both are back."""
        launcher, service = self.serve()
        client = service.client(size="1024x768").connect()
        self.drawn_by_driver(launcher, service, client)
        pipe = launcher.process.args[launcher.process.args.index("--pipe") + 1]
        launcher.process.kill()
        launcher.process.wait(10)
        service.wait_log("no launcher at")
        again = Launcher(self, pipe)
        client.wait_pattern(seconds=20)
        self.drawn_by_driver_later(again, service, client, count=2)
        client.disconnect()
        again.verdict()


if __name__ == "__main__":
    harness.main()
