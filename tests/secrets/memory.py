# SPDX-License-Identifier: Apache-2.0
"""Where a password is after its hand-over: the memory of the peer, and of the service with the adapter in it, is read
through /proc and searched. The service takes any account (`--user *`), so no list of its own holds the password."""
import os
import random
import signal
import socket
import string
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "e2e"))

import harness  # noqa: E402
import processes  # noqa: E402

processes.PORTS = range(38500, 39000)
CHUNK = 1 << 22
DELAY = 0.1
PIECE = 10  # characters: what is left of a copy that was partly overwritten counts, too


def password():
    """Nothing else in a process looks like it."""
    return "".join(random.choice(string.ascii_letters + string.digits) for _ in range(40))


def needles(secret):
    """Its first, middle and last characters, in both encodings."""
    middle = (len(secret) - PIECE) // 2
    parts = (secret[:PIECE], secret[middle:middle + PIECE], secret[-PIECE:])
    return [(part.encode(encoding), encoding) for part in parts for encoding in ("utf-8", "utf-16-le")]


class Gone(Exception):
    """The process has ended: it has no memory."""


def search(pid, secret):
    """One line for each piece found in the memory of that process. What was found counts, even if the process ended then;
    Gone: there was nothing to search."""
    found, seen = [], 0
    wanted = needles(secret)
    try:
        maps, memory = open(f"/proc/{pid}/maps"), open(f"/proc/{pid}/mem", "rb", 0)
    except (FileNotFoundError, ProcessLookupError):
        raise Gone from None
    with maps, memory:
        try:
            regions = list(maps)
        except ProcessLookupError:
            raise Gone from None
        for line in regions:
            words = line.split(None, 5)
            begin, end = (int(number, 16) for number in words[0].split("-"))
            name = words[5].strip() if len(words) > 5 else "anonymous"
            if not words[1].startswith("rw"):
                continue
            at, tail = begin, b""
            while at < end:
                try:
                    memory.seek(at)
                    data = memory.read(min(CHUNK, end - at))
                except OSError:
                    break  # unmapped meanwhile, or a device
                if not data:
                    break
                seen += len(data)
                block = tail + data
                for needle, encoding in wanted:
                    place = block.find(needle)
                    while place >= 0:
                        where = at - len(tail) + place
                        around = block[max(place - 48, 0):place + len(needle) + 48]
                        found.append(f"{name} {words[1]} at {where:#x} (+{where - begin:#x}), {encoding}: {around!r}")
                        place = block.find(needle, place + 1)
                tail = data[-2 * PIECE:]
                at += len(data)
    if not seen:
        raise Gone
    return sorted(set(found))


class Wire:
    """Between a client and the service: what the client says takes its time, so that there is a moment in which the
    service knows the client and nothing has overwritten what brought the password. `at_answer` is called for what the
    service says before the client has it; the peer then waits for the client, unless it was its last word."""

    def __init__(self, test, port, at_answer=None):
        self.to = port
        self.at_answer = at_answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(20 * harness.SCALE)
        self.port = self.listener.getsockname()[1]
        self.sockets = [self.listener]
        test.addCleanup(self.close)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        try:
            client, _ = self.listener.accept()
            service = socket.create_connection(("127.0.0.1", self.to), 5)
            service.settimeout(None)
        except OSError:
            return
        self.sockets += [client, service]
        threading.Thread(target=self.pump, args=(service, client, 0, self.at_answer), daemon=True).start()
        self.pump(client, service, DELAY)

    @staticmethod
    def pump(source, target, delay, look=None):
        try:
            while data := source.recv(65536):
                time.sleep(delay)
                if look:
                    look()
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        for one in self.sockets:
            one.close()


class Memory(harness.Case):
    def nowhere(self, pid, secret, who, may_be_gone=False):
        """False: it is gone."""
        try:
            found = search(pid, secret)
        except Gone:
            if not may_be_gone:
                raise AssertionError(f"{who} has ended") from None
            return False
        if found:
            self.fail(f"the password is in the memory of {who}, {len(found)} times:\n" + "\n".join(found[:20]))
        return True

    def serve(self, secret, security):
        sam = os.path.join(self.folder, "accounts")
        with open(sam, "w") as file:
            file.write(f"demo:::{harness.nt_hash(secret)}:::\n")
        os.chmod(sam, 0o600)
        return self.service(users=("*",), security=security, override={"sam-file": sam}, port=harness.free_port())

    def session(self, security):
        """A client that is shown its session; the password, the service and the client."""
        secret = password()
        service = self.serve(secret, security)
        wire = Wire(self, service.port)
        client = harness.Client(self, wire.port, service.fingerprint, security=security, password=secret).begin()
        self.at_handover(secret, service)
        client.good(f"wait-active timeout={20000 * harness.SCALE}")
        client.wait_pattern()
        service.wait_log("GetUserCredentials")
        return secret, service, client

    def at_handover(self, secret, service):
        """The peer stands still as soon as the service knows of the client."""
        peers = service.processes("rdsprov-peer")
        until = time.monotonic() + 15 * harness.SCALE
        while "-> OnConnected" not in service.log() and time.monotonic() < until:
            time.sleep(0.002)
        for pid in peers:
            os.kill(pid, signal.SIGSTOP)
        try:
            for pid in peers:
                self.nowhere(pid, secret, f"peer {pid}")
        finally:
            for pid in peers:
                os.kill(pid, signal.SIGCONT)

    def after_handover(self, secret, service):
        peers = service.processes("rdsprov-peer")
        for pid in peers:
            self.nowhere(pid, secret, f"peer {pid}")
        for pid in service.processes("rdsprov-session"):
            self.nowhere(pid, secret, f"session program {pid}")
        # the search sees what is there: a peer knows its certificate's name, the service the password until Close
        self.assertTrue(any(search(pid, service.config["certificate"]) for pid in peers), "the search sees no peer")
        self.assertTrue(search(service.process.pid, secret), "the search does not see the service")

    def after_close(self, secret, service):
        service.wait_connections(0)
        service.wait_log("Close(")
        harness.wait_until("the peer to be gone", 5, lambda: len(service.processes("rdsprov-peer")) == 1)
        self.nowhere(service.process.pid, secret, "the service")
        self.assertNotIn(secret, service.log())

    def run_to_the_end(self, security):
        secret, service, client = self.session(security)
        self.after_handover(secret, service)
        client.disconnect()
        self.after_close(secret, service)

    def test_tls(self):
        self.run_to_the_end("tls")

    def test_nla(self):
        self.run_to_the_end("nla")

    def test_closed_by_the_service(self):
        secret, service, client = self.session("tls")
        number = next(iter(service.connections()))
        service.control(f"close {number}")
        client.wait_end()
        self.after_close(secret, service)

    def test_refused(self):
        """A password that is wrong is a secret, too: mostly it is nearly right. The peer stands still whenever it has said
        something, so the last look is at one that has just refused, or has ended with that."""
        secret = password()
        service = self.serve(password(), "nla")
        looks, problems = [], []

        def look():
            for pid in service.processes("rdsprov-peer"):
                try:
                    os.kill(pid, signal.SIGSTOP)
                    looks.append(self.nowhere(pid, secret, f"peer {pid}", may_be_gone=True))
                    os.kill(pid, signal.SIGCONT)
                except ProcessLookupError:
                    looks.append(False)
                except AssertionError as problem:
                    problems.append(problem)

        wire = Wire(self, service.port, look)
        client = harness.Client(self, wire.port, service.fingerprint, security="nla", password=secret).begin()
        client.wait_end()
        self.assertFalse(problems, problems)
        self.assertTrue(any(looks), "no living peer was searched")
        service.wait_log("phase")
        self.nowhere(service.process.pid, secret, "the service")
        self.assertNotIn(secret, service.log())

    def test_refused_by_the_service(self):
        """Without NLA the service refuses, after it was told the password."""
        secret = password()
        service = self.service(users=(f"demo:{password()}",), security="tls", port=harness.free_port())
        wire = Wire(self, service.port)
        client = harness.Client(self, wire.port, service.fingerprint, security="tls", password=secret).begin()
        self.at_handover(secret, service)
        client.wait_end()
        self.after_close(secret, service)


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("only root can look into a peer, which forbids tracing")
        sys.exit(harness.SKIPPED)
    harness.main()
