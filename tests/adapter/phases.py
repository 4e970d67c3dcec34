# SPDX-License-Identifier: Apache-2.0
"""A client or its peer goes wrong at each phase: nothing stays, the service hears of it once."""

from harness import Case, in_threads, main, wait_until

# what is said before it goes wrong, and what shows that the service knows of the connection then
PHASES = {
    "connected": ("", None),
    "negotiation": ("phase:1", None),
    "tls": ("phase:2", None),
    "credssp": ("phase:3", None),
    "client": ("phase:4 client", "OnConnected"),
    "capabilities": ("client phase:7", "OnConnected"),
    "active": ("client active", "link session"),
    "session": ("client active", "link connect"),
}
# how it goes wrong: words for the peer, or what the client does
WRONG = {
    "leaves": None,
    "resets": None,
    "peer-killed": "die",
    "peer-exits": "exit:3",
    "peer-drops-link": "drop-link",
    "peer-lies-bytes": "nonsense:bytes",
    "peer-lies-ours": "nonsense:ours",
    "peer-lies-version": "nonsense:version",
    "peer-lies-unpassed": "nonsense:unpassed",
    "peer-lies-passed": "nonsense:passed",
    "peer-lies-long": "nonsense:long",
    "peer-lies-empty": "nonsense:empty",
    "peer-lies-garbled": "nonsense:garbled",
    "peer-says-closed": "closed",
    "peer-floods-and-dies": "flood:phase:500 die",
}


class Phases(Case):
    def setUp(self):
        super().setUp()
        self.server = self.service(users=[f"{phase}:pw" for phase in PHASES], max_per_source=300, max_half_open=300)
        self.before = self.server.warm_up("active:pw")

    def settle(self, client, known):
        if known == "OnConnected":
            self.server.wait_log(f"com[{self.server.number_of(client)}] -> OnConnected(")
        elif known:
            client.wait_for(known)
        else:
            client.sync()
        if known == "link connect":
            client.grant()

    def go_wrong(self, phase, wrong):
        words, known = PHASES[phase]
        client = self.server.client()
        try:
            client.say(words.replace("client", f"client:{phase}:pw"))
            if words or WRONG[wrong]:
                self.settle(client, known)
            if WRONG[wrong]:
                client.say(WRONG[wrong])
                if known:
                    self.broken(self.server, client)
        except AssertionError as problem:
            raise AssertionError(f"{phase}, {wrong}: {problem}") from problem
        finally:
            client.close(wrong == "resets")
        if known:
            self.broken(self.server, client)
        return client, known

    def test_all(self):
        """All phases at once, one thing after the other in each."""
        ended = []

        def run(phase):
            for wrong in WRONG:
                ended.append(self.go_wrong(phase, wrong))

        in_threads([lambda phase=phase: run(phase) for phase in PHASES])
        self.server.logoff_all()
        self.server.rest(self.before)
        for client, known in ended:
            self.broken(self.server, client, 1 if known else 0)
        self.assertEqual(len(ended), len(PHASES) * len(WRONG))


class Hung(Case):
    """A peer that does nothing any more: the adapter's deadlines end it."""

    def setUp(self):
        super().setUp()
        self.server = self.service(step_timeout=1, auth_timeout=1)
        self.before = self.server.warm_up()

    def test_before_authentication(self):
        clients = [self.server.client().say("phase:2 " + how) for how in ("hang", "stop", "silence")]
        for client in clients:
            client.wait_end(10)
        self.server.rest(self.before)
        self.server.said_times("over the time for authentication, killed", 3)

    def test_silent_client(self):
        client = self.server.client()
        client.wait_end(4)
        self.server.said_times("sent no byte in 1 s", 1)
        self.server.rest(self.before)

    def test_hung_then_closed(self):
        """The service closes what does not answer."""
        for how in ("hang", "stop", "silence"):
            with self.subTest(how=how):
                client = self.server.client().connect("client active")
                number = self.server.ids()[0]
                client.say("echo:done " + how).wait_for("done")
                self.server.good(f"close {number}")
                client.wait_end(5)
                self.broken(self.server, client, 0)
        self.server.logoff_all()
        self.server.rest(self.before)
        self.server.said_times("still there after its time: killed", 3)

    def test_hung_by_itself(self):
        """One that does not move is ended without anybody's word, one that has nothing to do is not."""
        server = self.service(peer_timeout=2, users=["demo:demo", "other:pw"])
        before = server.warm_up()
        idle = server.client().connect("client:other:pw active")
        for how in ("hang", "stop"):
            with self.subTest(how=how):
                client = server.client().connect("client active")
                client.say("echo:done " + how).wait_for("done")
                client.wait_end(10)
                self.broken(server, client)
        server.said_times("does not move any more, killed", 2)
        idle.sync()
        self.broken(server, idle, 0)
        idle.close()
        wait_until("all gone", 5, lambda: server.connections() == 0)
        server.logoff_all()
        server.rest(before)

    def test_hung_with_full_link(self):
        """The link fills up while the service goes on talking."""
        client = self.server.client().connect("client active")
        number = self.server.ids()[0]
        client.say("echo:done stop").wait_for("done")
        for _ in range(40):
            self.server.ask(f"message {number} hello")
        self.server.good(f"disconnect {number}")
        client.wait_end(5)
        self.server.logoff_all()
        self.server.rest(self.before)


class Floods(Case):
    def test_floods(self):
        """Other clients are served meanwhile, the log does not grow without end."""
        server = self.service(users=["demo:demo", "other:pw"])
        before = server.warm_up()
        for what in ("log", "phase", "active", "suppress", "closed", "grant"):
            with self.subTest(what=what):
                size = len(server.log())
                client = server.client().connect()
                client.say(f"echo:begins flood:{what}:{1000 if what == 'grant' else 60000}").wait_for("begins")
                other = server.client().connect("client:other:pw active")
                other.close()
                if what == "grant":
                    client.sync()
                else:
                    client.wait_end(20)
                client.close()
                wait_until("both have gone", 20, lambda: server.connections() == 0)
                grown = len(server.log()) - size
                self.assertLess(grown, 3 << 20, f"{what}: the log has grown by {grown} bytes")
        server.said_times("floods its link, killed", 4)
        self.assertTrue(server.said("no session program for session [0-9]+: too many requests", 3))
        server.logoff_all()
        server.rest(before, 10)


if __name__ == "__main__":
    main()
