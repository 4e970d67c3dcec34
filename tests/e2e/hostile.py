# SPDX-License-Identifier: Apache-2.0
"""Bad input from the network: each is logged once, with address and phase, and leaves nothing behind."""
import errno
import os
import random
import socket
import ssl
import struct
import time

import harness


class Hostile(harness.Case):
    def setUp(self):
        super().setUp()
        self.svc = self.service(log_level="info", step_timeout=2, auth_timeout=4)
        self.good_client()  # whatever is made lazily is there now
        self.counts = self.svc.counts()
        self.log_start = len(self.svc.log())

    def good_client(self):
        client = self.svc.client(size="640x480").connect()
        client.wait_pattern()
        client.disconnect()
        self.svc.wait_connections(0)
        client.close()
        harness.wait_until("the service's programs are gone", 5, lambda: not self.svc.processes("rdsprov-session"))

    def tcp(self, source="127.0.0.1"):
        plain = socket.create_connection(("127.0.0.1", self.svc.port), 5 * harness.SCALE, (source, 0))
        self.addCleanup(plain.close)
        return plain

    def lines_of(self, address):
        sign = f"{address[0]} port {address[1]}"
        return [line for line in self.svc.log()[self.log_start:].splitlines()
                if sign + " " in line + " " or sign + "," in line or sign + ":" in line]

    def check_told(self, address, phases, seconds=6):
        """One line in the log about this client, naming the phase."""
        told = harness.wait_until(f"a line about {address}", seconds, lambda: self.lines_of(address))
        self.assertEqual(len(told), 1, told)
        self.assertTrue(any(f"phase {phase}" in told[0] for phase in phases), f"{told[0]}: not of {phases}")

    def check_rest(self):
        """All is as before, and a good client still gets in."""
        self.assertEqual(self.svc.connections(), {})
        self.svc.wait_counts(self.counts, 15)
        self.assertNotIn("-> OnConnected", self.svc.log()[self.log_start:])
        self.good_client()

    def hung_up(self, stream, seconds=8):
        """The server has closed it; what it had sent until then."""
        got = b""
        stream.settimeout(seconds * harness.SCALE)
        try:
            while True:
                part = stream.recv(4096)
                if not part:
                    return got
                got += part
        except ssl.SSLError:
            return got
        except ConnectionError:
            return got

    def test_port_scan(self):
        addresses = []
        for _ in range(10):
            plain = self.tcp()
            addresses.append(plain.getsockname())
            plain.close()
        for address in addresses:
            self.check_told(address, ("connected",))
        self.check_rest()

    def test_port_scan_with_reset(self):
        plain = self.tcp()
        address = plain.getsockname()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        plain.close()
        self.check_told(address, ("connected",))
        self.check_rest()

    def test_silent_client(self):
        plain = self.tcp()
        processes = self.svc.processes("rdsprov-peer")
        begin = time.monotonic()
        self.assertEqual(self.hung_up(plain), b"")
        self.assertLess(abs(time.monotonic() - begin - 2), 3 * harness.SCALE)
        self.assertEqual(self.svc.processes("rdsprov-peer"), processes, "a silent client cost a process")
        self.check_told(plain.getsockname(), ("connected",))
        self.check_rest()

    def test_half_a_request(self):
        plain = self.tcp()
        plain.sendall(harness.X224_REQUEST[:7])
        self.hung_up(plain)
        self.check_told(plain.getsockname(), ("connected", "negotiation"))
        self.check_rest()

    def test_dribbled_request(self):
        """A byte now and then does not buy more time."""
        plain = self.tcp()
        begin = time.monotonic()
        try:
            for i in range(40):
                plain.sendall(b"\x03\x00\x10\x00"[i:i + 1] or b"\x00")
                time.sleep(0.3)
        except OSError:
            pass
        self.assertLess(time.monotonic() - begin, 8 * harness.SCALE)
        self.check_told(plain.getsockname(), ("connected", "negotiation"))
        self.check_rest()

    def test_random_bytes(self):
        source = random.Random(7)
        for length in (1, 4, 19, 100, 1000, 60000):
            plain = self.tcp()
            try:
                plain.sendall(source.randbytes(length))
                plain.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            self.hung_up(plain)
            self.check_told(plain.getsockname(), ("connected", "negotiation"))
        self.check_rest()

    def test_nearly_right_requests(self):
        """One byte of a right request is wrong."""
        source = random.Random(8)
        for _ in range(30):
            data = bytearray(harness.X224_REQUEST)
            data[source.randrange(len(data))] = source.randrange(256)
            plain = self.tcp()
            try:
                plain.sendall(data)
                plain.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            self.hung_up(plain)
            self.check_told(plain.getsockname(), ("connected", "negotiation", "tls", "closed"))
        self.check_rest()

    def test_tls_handshake_that_stops(self):
        plain = self.tcp()
        plain.sendall(harness.X224_REQUEST)
        plain.recv(64)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        handshake = context.wrap_bio(incoming, outgoing)
        try:
            handshake.do_handshake()
        except ssl.SSLWantReadError:
            pass
        hello = outgoing.read()
        plain.sendall(hello[:len(hello) // 2])
        self.hung_up(plain)
        self.check_told(plain.getsockname(), ("tls",))
        self.check_rest()

    def test_silence_and_noise_inside_tls(self):
        source = random.Random(9)
        for data in (b"", source.randbytes(5), source.randbytes(3000), bytes.fromhex("0300000902f0807f65")):
            secure = harness.tls_connect(self.svc.port)
            address = secure.getsockname()
            if data:
                secure.sendall(data)
            self.hung_up(secure)
            secure.close()
            self.check_told(address, ("credssp", "mcs"))
        self.check_rest()

    def test_noise_inside_credssp(self):
        source = random.Random(10)
        for data in (source.randbytes(40), b"\x30\x84\xff\xff\xff\xff" + source.randbytes(30)):
            try:
                secure = harness.tls_connect(self.svc.port, request=harness.X224_REQUEST_NLA)
            except OSError as problem:
                self.fail(f"no TLS for a client that knows NLA: {problem}")
            address = secure.getsockname()
            secure.sendall(data)
            self.hung_up(secure)
            secure.close()
            self.check_told(address, ("credssp", "mcs"))
        self.check_rest()


class HalfOpen(harness.Case):
    def connect_from(self, source, port):
        """A client at that address, and its own name; a refusal may come before connect() has returned."""
        plain = socket.socket()
        self.addCleanup(plain.close)
        plain.settimeout(5)
        plain.bind((source, 0))
        name = plain.getsockname()
        try:
            plain.connect(("127.0.0.1", port))
        except ConnectionResetError:
            pass
        return plain, name

    def test_200_half_open_connects(self):
        svc = self.service(log_level="info", step_timeout=10 * harness.SCALE)
        client = svc.client(size="640x480").connect()
        client.wait_pattern()
        counts = svc.counts()
        start = len(svc.log())
        peers = len(svc.processes("rdsprov-peer"))

        sockets = []
        for i in range(200):
            plain, name = self.connect_from(f"127.0.0.{2 + i % 20}", svc.port)
            try:
                plain.sendall(harness.X224_REQUEST[:5])
            except OSError:
                pass
            sockets.append((plain, name))

        def refused():
            return [line for line in svc.log()[start:].splitlines() if ": refused " in line]

        harness.wait_until(lambda: f"136 clients are refused; {len(refused())} are", 8,
                           lambda: len(refused()) == 200 - 64)
        at_height = svc.counts()
        self.assertLessEqual(len(svc.processes("rdsprov-peer")), peers + 64 + 1, "more peers than half-open clients")
        self.assertEqual(at_height["threads"], counts["threads"], "half-open clients cost threads of the service")
        client.good("type others go on")
        client.wait_pattern("others go on")
        # all of them end
        for plain, _ in sockets:
            plain.settimeout(25 * harness.SCALE)
            try:
                while plain.recv(64):
                    pass
            except (ConnectionError, BrokenPipeError):
                pass
            except OSError as problem:
                if problem.errno != errno.ENOTCONN:
                    raise
        svc.wait_counts(counts, 15)
        lines = svc.log()[start:].splitlines()
        for _, (host, port) in sockets:
            told = [line for line in lines if f"{host} port {port}:" in line or f"{host} port {port}," in line]
            self.assertEqual(len(told), 1, f"{host} port {port}: {told}")
        self.assertEqual(len(svc.processes("rdsprov-peer")), peers)
        client.good("type  still")
        client.wait_pattern("others go on still")
        client.disconnect()

    def test_one_source_does_not_lock_out_others(self):
        svc = self.service(log_level="info", max_per_source=4)
        for _ in range(12):
            self.connect_from("127.0.0.9", svc.port)
        svc.wait_log(": refused ", count=8)
        client = svc.client(size="640x480").connect()
        client.wait_pattern()
        client.disconnect()


if __name__ == "__main__":
    harness.main()
