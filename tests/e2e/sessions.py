# SPDX-License-Identifier: Apache-2.0
"""Sessions outlive their clients; several of them live side by side; their programs may die."""
import os
import signal
import stat
import time

import harness


class Sessions(harness.Case):
    def test_reconnect_finds_the_same_desktop(self):
        service, screen = self.x11_service()
        desk = screen.desk()
        client = service.client(size="1024x768").connect()
        service.wait_log("session program attached")
        desk.good("plain 502080")
        client.good("drag 110 110 510 410")
        harness.wait_until("the box was dragged", 5, lambda: desk.good("box")["x"] == "500")
        before = desk.dump("before.ppm")
        client.match(before)
        session = list(service.sessions())
        client.disconnect()
        service.wait_connections(0)
        client.connect()
        client.match(before)
        self.assertEqual(list(service.sessions()), session)
        client.good("drag 510 410 210 210")
        harness.wait_until("the box was dragged", 5, lambda: desk.good("box")["x"] == "200")
        client.match(desk.dump())
        client.disconnect()
        # and with another size
        service.wait_connections(0)
        client.connect(size="800x600")
        harness.wait_until("the desktop has the new size", 5, lambda: desk.good("plain 205020") is not None and
                           harness.fields(desk.ask(f"dump {self.folder}/x.ppm"))["width"] == "800")
        client.match(desk.dump())
        client.disconnect()

    def test_another_connection_takes_the_session(self):
        service = self.service()
        first = service.client().connect()
        first.wait_pattern()
        second = service.client().connect()
        second.wait_pattern()
        ended = first.wait_end()
        self.assertEqual((ended["by"], ended["error-info-name"]), ("server", "ERRINFO_DISCONNECTED_BY_OTHER_CONNECTION"))
        self.assertEqual(len(service.sessions()), 1)
        second.good("type still here")
        second.wait_pattern("still here")
        second.disconnect()

    def test_two_users(self):
        service = self.service(users=("anna:one", "bert:two"))
        anna = service.client(user="anna", password="one", size="800x600").connect()
        bert = service.client(user="bert", password="two", size="1280x720", gfx="off").connect()
        anna.wait_pattern()
        bert.wait_pattern()
        anna.good("type I am Anna")
        bert.good("type Bert speaking")
        anna.wait_pattern("I am Anna")
        bert.wait_pattern("Bert speaking")
        self.assertEqual(len(service.sessions()), 2)
        anna.disconnect()
        bert.good("type  again")
        bert.wait_pattern("Bert speaking again")
        bert.disconnect()

    def test_two_users_have_two_x11_desktops(self):
        script = os.path.join(self.folder, "desktop")
        first, second = self.xvfb(), self.xvfb()
        with open(script, "w") as file:
            file.write(f'#!/bin/sh\ncase $RDSIM_USER in\nanna) echo "DISPLAY={first.name}" ;;\n'
                       f'*) echo "DISPLAY={second.name}" ;;\nesac\nexec sleep 600\n')
        os.chmod(script, stat.S_IRWXU)
        service = self.service(desktop=f"command:{script}", users=("anna:one", "bert:two"))
        desks = (first.desk(), second.desk())
        clients = (service.client(user="anna", password="one", size="800x600").connect(),
                   service.client(user="bert", password="two", size="1024x768").connect())
        service.wait_log("session program attached", count=2)
        for number, (desk, client) in enumerate(zip(desks, clients)):
            desk.good(f"picture {number}")
            client.match(desk.dump(f"desk{number}.ppm"))
        for client in clients:
            client.disconnect()

    def test_reasons_for_the_end(self):
        service = self.service()
        for reason, name in ((3, "ERRINFO_IDLE_TIMEOUT"), (4, "ERRINFO_LOGON_TIMEOUT"), (1, "ERRINFO_RPC_INITIATED_DISCONNECT"),
                             (0x0B, "ERRINFO_RPC_INITIATED_DISCONNECT_BY_USER")):
            client = service.client().connect()
            client.wait_pattern()
            service.control(f"disconnect {max(service.connections())} {reason}")
            ended = client.wait_end()
            self.assertEqual((ended["by"], ended["error-info-name"]), ("server", name))
            client.good("quit")
            self.assertEqual(client.process.wait(10), 3)
        client = service.client().connect()
        client.wait_pattern()
        service.control(f"logoff {max(service.sessions())}")
        self.assertEqual(client.wait_end()["error-info-name"], "ERRINFO_LOGOFF_BY_USER")
        client.connect()
        client.wait_pattern()
        service.control(f"close {max(service.connections())}")
        self.assertEqual(client.wait_end()["by"], "server")

    def test_killed_session_program_is_replaced(self):
        service = self.service()
        client = service.client().connect()
        client.wait_pattern()
        client.good("type before")
        client.wait_pattern("before")
        for round_number in (2, 3):
            (pid,) = service.processes("rdsprov-session")
            os.kill(pid, signal.SIGKILL)
            service.wait_log("session program attached", count=round_number)
            # the pattern is new, and so is what was typed
            client.wait_pattern("TEXT      ")
            client.good("type after")
            client.wait_pattern("TEXT  after ")
        self.assertEqual(len(service.connections()), 1)
        client.disconnect()

    def test_killed_x11_session_program_is_replaced(self):
        service, screen = self.x11_service()
        desk = screen.desk()
        client = service.client().connect()
        service.wait_log("session program attached")
        desk.good("picture 7")
        source = desk.dump()
        client.match(source)
        service.control(f"kill-session {max(service.sessions())}")
        service.wait_log("session program attached", count=2)
        client.match(source)
        client.disconnect()

    def test_waiting_picture(self):
        """A session program that cannot live: the client sees the waiting picture, and is kept."""
        service = self.service(session_program="/bin/false")
        client = service.client(size="800x600").connect()
        client.good("wait-picture quiet=500")
        path = client.dump("waiting.ppm")
        with open(path, "rb") as file:
            pixels = file.read()[15:]
        colors = {pixels[i:i + 3] for i in range(0, len(pixels) - 2, 3)}
        self.assertGreater(len(colors), 1, "the waiting picture is of one colour")
        time.sleep(2)
        self.assertEqual(len(service.connections()), 1)
        starts = service.log().count("cannot be started") + service.log().count("ended with 1 by itself")
        self.assertGreater(starts, 1, "it was not tried again")
        self.assertLess(starts, 12, "it was tried without a pause")
        client.good("type nobody hears this")
        client.good("move 10 10")
        client.disconnect()


if __name__ == "__main__":
    harness.main()
