# SPDX-License-Identifier: Apache-2.0
"""What the service does at any moment: Close, disconnect, logoff, stop with clients at every phase, load and unload, the
redirector asked for after, late, inside or never."""

import re
import time

from harness import SANITIZED, SCALE, Case, in_threads, main, wait_until

ROUNDS = 4 if SANITIZED else 8


class Orders(Case):
    def test_close_at_any_time(self):
        """Close comes a little later each time: before OnReady, inside the sequence, after the session is shown."""
        server = self.service()
        before = server.warm_up()
        for i in range(ROUNDS * 2):
            known = server.ids()
            client = server.client().say("client active grant")
            new = wait_until("OnConnected", 5, lambda: [n for n in server.ids() if n not in known])
            time.sleep(i * 0.0005)
            server.good(f"close {new[0]}")
            client.wait_end()
        server.logoff_all()
        server.rest(before)

    def test_reason_reaches_the_peer(self):
        server = self.service()
        client = server.client().connect("client active")
        server.good(f"disconnect {server.ids()[0]} 3")
        lines = client.wait_end()
        self.assertIn("link close 3", lines)
        self.assertIn("link disconnect 0", [re.sub(r"\d+$", "0", line) for line in lines])

    def test_disconnect_and_come_back(self):
        """The same session is shown to the next client of the user; a logoff ends both."""
        server = self.service()
        before = server.warm_up()
        sessions = []
        for _ in range(3):
            client = server.client().say("client active")
            sessions.append(client.wait_for("link connect"))
            server.good(f"disconnect {server.ids()[-1]}")
            client.wait_end()
        # the first shows its temporary session, those after it move to that one
        client = server.client().connect("client active")
        wait_until("it is in the old session", 5, lambda: len(server.sessions()) == 1)
        server.good(f"logoff {server.sessions()[0]}")
        client.wait_end()
        self.assertEqual(server.sessions(), [])
        server.rest(before)

    def test_close_races_the_end(self):
        """Close, and the peer dies at the same time."""
        server = self.service()
        before = server.warm_up()
        for how in ("die", "drop-link", "exit:0", "nonsense:bytes", "closed", "stop"):
            for _ in range(2):
                client = server.client().connect("client active")
                number = server.ids()[-1]
                in_threads([lambda: client.say(how), lambda: server.ask(f"close {number}")])
                client.wait_end()
        server.logoff_all()
        server.rest(before)

    def test_wrong_password(self):
        server = self.service()
        client = server.client().say("client:demo:wrong active")
        self.assertIn("link close 7", client.wait_end())
        client = server.client().say("client:nobody:x active")
        self.assertIn("link close 7", client.wait_end())


class Stop(Case):
    """The service stops with clients at every phase."""

    def stop_with(self, delay, *arguments, **config):
        server = self.service(list(arguments), users=[f"u{i}:pw" for i in range(8)], **config)
        clients = [server.client() for _ in range(3)]
        clients += [server.client().say(f"phase:{phase}").sync() for phase in (1, 2, 3)]
        clients += [server.client().say(f"client:u{i}:pw {words}") for i, words in
                    enumerate(("", "active", "active grant", "active silence", "active stop", "silence", "active closed silence",
                               "active drop-client"))]
        time.sleep(delay * SCALE)
        server.stop()
        for client in clients:
            client.close()

    def test_at_once(self):
        self.stop_with(0)

    def test_a_little_later(self):
        self.stop_with(0.02)

    def test_when_all_are_there(self):
        self.stop_with(0.3)

    def test_redirector_inside(self):
        self.stop_with(0.05, "--redirector", "inside")

    def test_redirector_never(self):
        self.stop_with(0.05, "--redirector", "never")

    def test_redirector_late(self):
        self.stop_with(0.05, "--redirector", "late")

    def test_with_a_log_file(self):
        log = self.folder + "/own-log"
        self.stop_with(0.05, log_file=log)
        with open(log) as file:
            self.assertIn("stopped", file.read())


class Rounds(Case):
    """Loaded, used, unloaded, again and again in one process: rdsim looks for threads, descriptors, children."""

    def rounds(self, words, *arguments, **config):
        rounds = ROUNDS
        server = self.service(["--rounds", str(rounds), "--run-connections", "2", *arguments],
                              users=[f"u{i}:pw" for i in range(2)], **config)
        for n in range(rounds):
            wait_until(f"round {n + 1}", 10, lambda: server.output().count("ready: ") > n)
            for i in range(2):
                client = server.client().say(words.replace("client", f"client:u{i}:pw"))
                client.wait_end()
                client.close()
            self.clients.clear()
        server.process.wait(20)
        server.stop()
        self.assertIn(f"connections: {2 * rounds}", server.output())

    def test_peer_dies(self):
        self.rounds("client active wait:20 die")

    def test_client_leaves(self):
        self.rounds("client active wait:20 drop-client closed exit")

    def test_link_broken_and_peer_stays(self):
        self.rounds("client active drop-client drop-link")

    def test_log_file(self):
        """The log's descriptor goes with the library."""
        self.rounds("client active wait:20 die", log_file=self.folder + "/own-log")

    def test_port_in_use(self):
        """Two services, one port: the second goes on trying, is stopped in between, and gets it in the end."""
        first = self.service()
        second = self.service(wait_ready=False, port=first.port)
        self.assertTrue(second.said("the port is in use", 5))
        third = self.service(wait_ready=False, port=first.port)
        self.assertTrue(third.said("the port is in use", 5))
        second.stop()
        first.stop()
        wait_until("the third listens", 10, third.listens)


class Redirector(Case):
    def test_when(self):
        for when in ("after", "late", "inside", "never"):
            with self.subTest(when=when):
                server = self.service(["--redirector", when])
                before = server.counts()
                client = server.client().connect("client active")
                client.close()
                # gone before it is active, and when OnReady waits for the redirector
                server.client().say("client")
                other = server.client().say("client active")
                other.say("die")
                other.wait_end()
                for client in self.clients:
                    client.close()
                wait_until("all have gone", 5, lambda: server.connections() == 0)
                server.logoff_all()
                server.stop()


if __name__ == "__main__":
    main()
