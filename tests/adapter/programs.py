# SPDX-License-Identifier: Apache-2.0
"""Programs that are missing, die or lie before or beside a client: launcher, session program, waiting peers, the peer that
checks the certificate; and a process that is out of descriptors."""

import os
import signal
import socket
import struct
import time

from harness import SANITIZED, Case, free_port, main, program, wait_until


class SessionPrograms(Case):
    def test_missing(self):
        """The peer hears about it at once, with its own number."""
        server = self.service(program_of_session="/nonexistent/session")
        client = server.client().connect("client active")
        self.assertIn(" mine ", client.say("grant").wait_for("link grant-result 1 "))
        self.assertIn(" mine ", client.say("grant").wait_for("link grant-result 2 "))

    def test_started(self):
        server = self.service()
        client = server.client().connect("client active")
        self.assertTrue(client.say("grant").wait_for("link grant-result 1 ").endswith("mine ok"))

    def test_not_wanted(self):
        """A grant before the session may be shown, and after it may not any more."""
        server = self.service()
        client = server.client().say("client grant")
        self.assertIn("may not be shown", client.wait_for("link grant-result 1 "))

    def test_launcher_missing(self):
        server = self.service(launcher="/nonexistent/launcher")
        client = server.client().connect("client active")
        self.assertIn("mine no launcher at", client.say("grant").wait_for("link grant-result 1 "))

    def test_launcher_of_each_listener(self):
        """Two listeners, two launchers: each is asked by its own, and one that goes is no business of the other's clients."""
        paths = [os.path.join(self.folder, name) for name in ("first", "second")]
        port = free_port()
        more = (f"[SECOND]\nport = {port}\naddress = 127.0.0.1\npeer-program = {program('fake-peer')}\n"
                f"launcher = {paths[1]}\nspare-peers = 0\n")
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as first, \
                socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as second:
            for listener, path in zip((first, second), paths):
                listener.bind(path)
                listener.listen(4)
                listener.settimeout(10)
            server = self.service(["--listener", "RDSPROV", "--listener", "SECOND"], launcher=paths[0], more=more,
                                  users=["demo:demo", "other:pw"])
            one = server.client().connect("client active")
            wait_until("the second listens", 10, lambda: server.said("SECOND: listening"))
            two = server.client(port=port).connect("client:other:pw active")
            one.say("grant")
            two.say("grant")
            with first.accept()[0] as of_one, second.accept()[0] as of_two:
                for adapter in (of_one, of_two):
                    adapter.settimeout(10)
                    self.assertGreater(len(adapter.recv(4096)), 4)
                of_one.close()
                self.assertIn("mine the launcher is gone", one.wait_for("link grant-result 1 "))
                two.sync()
                self.assertNotIn("grant-result", two.text)
            self.assertIn("mine the launcher is gone", two.wait_for("link grant-result 1 "))

    def test_launcher_goes(self):
        """Whoever waits for its answer gets one. The launcher is a program of our own that takes and says nothing."""
        path = os.path.join(self.folder, "own-launcher")
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(path)
            listener.listen(4)
            listener.settimeout(10)
            server = self.service(launcher=path)
            client = server.client().connect("client active")
            client.say("grant")
            with listener.accept()[0] as adapter:
                adapter.settimeout(10)
                self.assertGreater(len(adapter.recv(4096)), 4)
            self.assertIn("mine the launcher is gone", client.wait_for("link grant-result 1 "))
            # nonsense instead of an answer: the same, and the next one is asked anew
            client.say("grant")
            with listener.accept()[0] as adapter:
                adapter.settimeout(10)
                adapter.recv(4096)
                adapter.sendall(struct.pack("<HBB", 0x7072, 0, 0) + b"nonsense")
                self.assertIn("mine the launcher is gone", client.wait_for("link grant-result 2 "))
                self.assertEqual(adapter.recv(4096), b"")
            # an answer to what nobody asked, and to what was answered
            client.say("grant")
            with listener.accept()[0] as adapter:
                adapter.settimeout(10)
                start = adapter.recv(4096)[4:]
                request, session = struct.unpack_from("<II", start, 8)
                version = struct.unpack_from("<H", start, 2)[0]

                def answer(message, number):
                    body = struct.pack("<IIH", number, session, 2) + b"hm"
                    adapter.sendall(struct.pack("<HBB", 0x7072, 0, 0) + struct.pack("<HHI", message, version, len(body)) + body)

                for message in (64, 65, 66):
                    answer(message, 0)
                    answer(message, request + 77)
                answer(64, request)
                self.assertIn("mine ok", client.wait_for("link grant-result 3 "))
                answer(66, request)
                answer(65, request)
                client.sync()
                self.assertEqual(server.connections(), 1)


class DisplayDrivers(Case):
    """A driver's grant goes to the launcher as attach when the service has loaded a driver, and is taken back as detach."""

    START, STOP, ATTACH, DETACH = 1, 2, 3, 4

    def begin(self):
        self.path = os.path.join(self.folder, "own-launcher")
        self.listener = self.enterContext(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        self.listener.bind(self.path)
        self.listener.listen(4)
        self.listener.settimeout(10)
        self.server = self.service(launcher=self.path)
        self.client = self.server.client().connect("client active")
        self.number = self.server.ids()[0]

    def accept(self):
        pipe = self.enterContext(self.listener.accept()[0])
        pipe.settimeout(10)
        return pipe

    @staticmethod
    def take(pipe):
        """Kind, request and session of the next message."""
        kind, _, _, request, session = struct.unpack_from("<HHIII", pipe.recv(4096), 4)
        return kind, request, session

    def step(self, words):
        self.server.good(f"step {self.number} {words}")

    def test_not_loaded(self):
        """A peer that was taken over does not get at drivers that the service has not loaded for it."""
        self.begin()
        session = self.server.sessions()[0]
        self.assertIn("mine the service has loaded none", self.client.say("driver-grant").wait_for("link grant-result 1 "))
        self.step(f"OnDriverLoad path {session + 1}")
        self.assertIn("mine the service has loaded none", self.client.say("driver-grant").wait_for("link grant-result 2 "))

    def test_beside_the_program(self):
        self.begin()
        session = self.server.sessions()[0]
        for form in ("path", "handle"):
            self.step(f"OnDriverLoad {form} {session}")
            self.client.wait_for("link d")
        self.client.say("grant driver-grant")
        pipe = self.accept()
        program, driver = self.take(pipe), self.take(pipe)
        self.assertEqual((program[0], driver[0]), (self.START, self.ATTACH))
        self.assertNotEqual(program[1], driver[1])
        self.assertEqual((program[2], driver[2]), (session, session))
        # answers find the one that they are for, in any order
        self.answer(pipe, 65, driver[1], session)
        self.assertIn("mine hm", self.client.wait_for("link grant-result 2 "))
        self.answer(pipe, 64, program[1], session)
        self.assertIn("mine ok", self.client.wait_for("link grant-result 1 "))
        # another driver grant stops the one before, and not the program
        self.client.say("driver-grant")
        kind, second, _ = self.take(pipe)
        self.assertEqual(kind, self.ATTACH)
        self.client.say("driver-grant")
        self.assertEqual(self.take(pipe), (self.DETACH, second, session))
        kind, third, _ = self.take(pipe)
        # that of another session was unloaded; then ours
        self.step(f"OnDriverUnload new {session + 1}")
        self.step(f"OnDriverUnload new {session}")
        self.assertEqual(self.take(pipe), (self.DETACH, third, session))
        self.assertIn("mine the service has loaded none", self.client.say("driver-grant").wait_for("link grant-result 5 "))
        # the session is left: everything is taken back
        self.step(f"OnDriverLoad path {session}")
        self.client.say("driver-grant")
        fourth = self.take(pipe)
        self.server.good(f"disconnect {self.number}")
        self.assertEqual({self.take(pipe), self.take(pipe)},
                         {(self.STOP, program[1], session), (self.DETACH, fourth[1], session)})

    def test_numbers_start_again(self):
        """A driver that is asked for all day never gets the number of the program that runs."""
        self.begin()
        session = self.server.sessions()[0]
        self.client.say("grant")
        pipe = self.accept()
        program = self.take(pipe)
        requests = set()
        for last in range(32, 256, 31):
            self.client.say("driver-grant " * 31).wait_for(f"link grant-result {last} ")
        self.step(f"OnDriverLoad path {session}")
        for _ in range(8):
            self.client.say("driver-grant")
            kind, request, _ = self.take(pipe)
            if kind == self.DETACH:
                kind, request, _ = self.take(pipe)
            requests.add(request)
        self.assertEqual(len(requests), 8)
        self.assertNotIn(program[1], requests)

    def test_launcher_goes(self):
        """Both hear of it."""
        self.begin()
        self.step(f"OnDriverLoad path {self.server.sessions()[0]}")
        self.client.say("grant driver-grant")
        pipe = self.accept()
        self.take(pipe)
        self.take(pipe)
        pipe.close()
        for number in (1, 2):
            self.assertIn("mine the launcher is gone", self.client.wait_for(f"link grant-result {number} "))

    @staticmethod
    def answer(pipe, kind, request, session):
        body = struct.pack("<IIH", request, session, 2) + b"hm"
        pipe.sendall(struct.pack("<HBB", 0x7072, 0, 0) + struct.pack("<HHI", kind, 2, len(body)) + body)


class Peers(Case):
    def wait_failed(self, text, **options):
        server = self.service(wait_ready=False, expect_code=0, **options)
        wait_until(lambda: f"not refused with {text!r}: {server.log()[-800:]}", 8, lambda: server.said("not listening: .*" + text))
        self.assertNotIn("ready", server.output())
        return server

    def test_program_missing(self):
        server = self.wait_failed("cannot be started", peer_program="/nonexistent/peer")
        # what is mended is seen
        server.write_config(peer_program=program("fake-peer"))
        wait_until("it listens now", 10, server.listens)

    def test_not_prepared(self):
        for how, text in (("fail", "the fake says no"), ("die", "ended without an answer"), ("nonsense", "answered nonsense")):
            with self.subTest(how=how):
                server = self.wait_failed(text, env={"FAKE_PEER_PREPARE": how})
                wait_until("no process is left", 5, lambda: not server.peers())

    def test_stop_while_preparing(self):
        server = self.service(wait_ready=False, env={"FAKE_PEER_PREPARE": "hang"})
        wait_until("it prepares", 5, lambda: server.peers())
        begin = time.monotonic()
        server.stop()
        self.assertLess(time.monotonic() - begin, 3 if not SANITIZED else 10)

    def test_prepare_with_passes(self):
        """Descriptors that come with what nobody asked for are closed."""
        server = self.service(env={"FAKE_PEER_PREPARE": "passes"})
        wait_until("one waiting peer", 5, lambda: len(server.peers()) == 1)
        passed = server.warm_up()
        other = self.service()
        self.assertLessEqual(passed["handles"], other.warm_up()["handles"])

    def test_prepare_floods(self):
        self.service(env={"FAKE_PEER_PREPARE": "flood"})

    def test_waiting_peer_dies(self):
        server = self.service(spare_peers=2)
        before = server.warm_up()
        for pid in server.peers():
            os.kill(pid, signal.SIGKILL)
        wait_until("they are reaped", 3, lambda: not server.peers())
        server.said_times("a waiting peer has ended", 2)
        client = server.client().connect("client active")
        client.close()
        server.logoff_all()
        server.rest(before, 10)
        wait_until("new ones wait", 10, lambda: len(server.peers()) == 2)

    def test_waiting_peer_always_dies(self):
        """That does not keep the service busy."""
        server = self.service(env={"FAKE_PEER_SPARE": "1"})
        time.sleep(1)
        self.assertLess(server.said("a waiting peer has ended"), 4)

    def test_waiting_peer_stopped(self):
        """The client that gets it is ended by the deadline, the next one is served."""
        server = self.service(step_timeout=1, auth_timeout=1)
        before = server.warm_up()
        stopped = list(server.peers())[0]
        os.kill(stopped, signal.SIGSTOP)
        first = server.client().say("client active")
        wait_until("it is taken", 5, lambda: server.said(f"process {stopped} takes"))
        server.client().connect("client active").close()
        first.wait_end(10)
        server.logoff_all()
        server.rest(before)


class Limits(Case):
    def test_descriptors(self):
        """Out of them, it waits, uses no processor time, and goes on when there are some again."""
        server = self.service(limits=["prlimit", "--nofile=40"], max_per_source=100)
        before = server.warm_up()
        clients = [server.client() for _ in range(30)]
        self.assertTrue(server.said("cannot accept clients now", 5))
        used = self.cpu(server)
        time.sleep(1)
        self.assertLess(self.cpu(server) - used, 0.3)
        self.assertLess(server.said("cannot accept clients now"), 5)
        for client in clients:
            client.close()
        server.rest(before, 10)
        server.client().connect("client active").close()
        server.logoff_all()
        server.rest(before, 10)

    @staticmethod
    def cpu(server):
        with open(f"/proc/{server.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_half_open(self):
        """200 that say nothing, from 20 addresses: the limits hold, each is logged, others are served when they have gone."""
        server = self.service(step_timeout=4)
        before = server.warm_up()
        clients = [server.client(f"127.0.0.{2 + i % 20}") for i in range(200)]
        wait_until("all are logged", 5, lambda: server.said("connected\n") - 1 + server.said("refused 127") == 200)
        self.assertLessEqual(server.said("connected\n"), 65)
        self.assertGreaterEqual(server.said("too many half-open clients"), 136)
        self.assertEqual(len(server.peers()), 1)
        server.rest(before, 10)
        for client in clients:
            client.wait_end(3)
        server.client().connect("client active").close()
        server.logoff_all()
        server.rest(before)

    def test_per_source(self):
        server = self.service(max_per_source=3)
        before = server.warm_up()
        clients = [server.client().say("phase:1") for _ in range(3)]
        for client in clients:
            client.sync()
        refused = server.client()
        refused.wait_end()
        server.said_times("too many half-open clients from this address", 1)
        server.client("127.0.0.9").say("phase:1").sync()
        # one is authenticated: it does not count any more
        clients[0].connect("client active")
        server.client().say("phase:1").sync()
        # one goes
        gone = server.number_of(clients[1])
        clients[1].close()
        wait_until("it has gone", 5, lambda: server.said(rf"peer\[{gone}\] .*the client has left"))
        server.client().say("phase:1").sync()
        for client in self.clients:
            client.close()
        wait_until("all gone", 5, lambda: server.connections() == 0)
        server.logoff_all()
        server.rest(before)

    def test_connections(self):
        server = self.service(max_connections=2, users=["a:a", "b:b"])
        before = server.warm_up("a:a")
        server.client().connect("client:a:a active")
        server.client().connect("client:b:b active")
        server.client().wait_end()
        server.said_times("too many clients", 1)
        for client in self.clients:
            client.close()
        wait_until("all gone", 5, lambda: server.connections() == 0)
        server.logoff_all()
        server.rest(before)


if __name__ == "__main__":
    main()
