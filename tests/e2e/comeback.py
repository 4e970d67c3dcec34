# SPDX-License-Identifier: Apache-2.0
"""A client whose wire is cut comes back to its session by cookie ([MS-RDPBCGR] 5.5); cookies that open nothing; drain mode."""
import os
import socket
import struct
import subprocess
import threading
import time

import harness

DEBIAN_CLIENT = "/usr/bin/xfreerdp"
SAVE_SESSION_INFO = 0x26
DATA_PDU = 7


class Wire:
    """A TCP relay that can be cut, as a network can."""

    def __init__(self, test, port):
        self.target = port
        self.listener = socket.create_server(("127.0.0.1", harness.free_port()))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.sockets = []
        test.addCleanup(self.close)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target), timeout=10)
            except OSError:
                return
            server.settimeout(None)
            with self.lock:
                self.sockets += [client, server]
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def cut(self):
        """Both ends get a reset."""
        with self.lock:
            for end in self.sockets:
                try:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    end.shutdown(socket.SHUT_RD)
                except OSError:
                    pass
                end.close()
            self.sockets = []

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        self.cut()


def recorded(path):
    """The PDUs of a file that rdpclient recorded."""
    with open(path, "rb") as file:
        data = file.read()
    pdus = []
    while len(data) >= 4:
        (size,) = struct.unpack_from("<I", data)
        pdus.append(data[4:4 + size])
        data = data[4 + size:]
    return pdus


def save_session_infos(path):
    """(infoType, infoData) of each Save Session Info PDU: TPKT, X.224, MCS, Share Control, Share Data."""
    found = []
    for pdu in recorded(path):
        if len(pdu) < 15 or pdu[0] != 3 or pdu[7] != 0x68:  # MCS Send Data Indication
            continue
        at = 15 if pdu[13] & 0x80 else 14  # after the length
        share = pdu[at:]
        total, kind = struct.unpack_from("<HH", share)
        if kind & 0xF != DATA_PDU or len(share) < 18 or share[14] != SAVE_SESSION_INFO:
            continue
        assert total == len(share), (total, len(share))
        (info,) = struct.unpack_from("<I", share, 18)
        found.append((info, share[22:]))
    return found


class Cookies:
    """For a Case: what cookies open, on any platform."""

    def wired(self, **options):
        service = self.service(sam=True, **options)
        return service, Wire(self, service.port)

    def client(self, service, wire=None, **options):
        options = dict({"security": "nla", "size": "640x480"}, **options)
        client = service.client(**options)
        if wire:
            client.address = f"127.0.0.1:{wire.port}"
        return client

    def cookie(self, client):
        """Once it has one."""
        return harness.wait_until("a cookie", 5, lambda: (
            lambda answer: answer.startswith("ok") and harness.fields(answer)["cookie"])(client.ask("cookie")))

    def left_session(self, service, **options):
        """A client that had a session and is gone, with its cookie."""
        client = self.client(service, **options).connect()
        client.wait_pattern()
        cookie = self.cookie(client)
        client.disconnect()
        service.wait_connections(0)
        return cookie

    def comes(self, service, cookie, **options):
        """Gets in with that cookie, one way or the other; the new one."""
        client = self.client(service, cookie=cookie, **options).connect()
        client.wait_pattern()
        new = client.ask("cookie")
        client.disconnect()
        service.wait_connections(0)
        return harness.fields(new).get("cookie", "")

    def refused(self, service, cookie, why, **options):
        """The cookie opens nothing: a usual logon, and one line."""
        before = service.log().count("auto-reconnect to session")
        used = service.log().count("which the provider names")
        new = self.comes(service, cookie, **options)
        lines = [line for line in service.log().splitlines() if "auto-reconnect to session" in line]
        self.assertEqual(len(lines), before + 1, lines)
        self.assertIn(f"refused: {why}", lines[-1])
        self.assertEqual(service.log().count("which the provider names"), used)
        return new

    def test_by_hand(self):
        """Without a cut: leaves, and comes with the cookie it had."""
        service, _ = self.wired()
        cookie = self.left_session(service)
        self.assertNotEqual(self.comes(service, cookie), cookie)
        self.assert_log(service, "which the provider names", 1)
        self.assert_log(service, "goes from session", 0)

    def test_cookies_that_open_nothing(self):
        service, _ = self.wired(users=("demo:demo", "anna:one"))
        cookie = self.left_session(service)
        number, digits = cookie.split(":")
        forged = f"{number}:{'0' * 32}"
        cookie = self.refused(service, forged, "not the session's cookie") or cookie
        self.refused(service, f"77:{digits}", "no such session")
        cookie = self.left_session(service)
        cookie, used = self.comes(service, cookie), cookie
        cookie = self.refused(service, used, "not the session's cookie")
        # somebody else's
        self.refused(service, cookie, "another account's", user="anna", password="one")
        self.assertEqual(len(service.sessions()), 2)
        # the right one, but nothing proves whose it is
        cookie = self.left_session(service)
        self.refused(service, cookie, "the account is not proved by NLA", security="tls")
        # while the session is in use
        client = self.client(service).connect()
        client.wait_pattern()
        self.refused(service, self.cookie(client), "the session is not disconnected")
        self.assertEqual(client.wait_end()["error-info-name"], "ERRINFO_DISCONNECTED_BY_OTHER_CONNECTION")
        # of a session that is no more
        cookie = self.left_session(service)
        service.control(f"logoff {cookie.split(':')[0]}")
        self.refused(service, cookie, "no such session")

    def test_no_cookie_without_nla(self):
        service, _ = self.wired()
        client = self.client(service, security="tls").connect()
        client.wait_pattern()
        self.assertEqual(client.ask("cookie"), "error none")
        client.disconnect()

    def test_switched_off(self):
        service, _ = self.wired(auto_reconnect=0)
        client = self.client(service).connect()
        client.wait_pattern()
        self.assertEqual(client.ask("cookie"), "error none")
        client.disconnect()

    def test_cookies_are_replaced(self):
        service, _ = self.wired(auto_reconnect=1)
        client = self.client(service).connect()
        client.wait_pattern()
        seen = {self.cookie(client)}
        for _ in range(3):
            seen.add(harness.wait_until("another cookie", 5, lambda: (
                lambda now: now not in seen and now)(self.cookie(client)), 0.1))
        last = self.cookie(client)
        client.disconnect()
        service.wait_connections(0)
        self.comes(service, last)
        self.assert_log(service, "which the provider names", 1)

    def test_bytes_of_the_cookie(self):
        """Save Session Info as Windows sends it: the length says what is there, and nothing else leaks."""
        service, _ = self.wired()
        path = f"{self.folder}/record"
        client = self.client(service, record=path).connect()
        client.wait_pattern()
        number, digits = self.cookie(client).split(":")
        client.disconnect()
        extended = [data for kind, data in save_session_infos(path) if kind == 3]
        self.assertTrue(extended)
        wanted = struct.pack("<HII", 6 + 4 + 28, 1, 28) + struct.pack("<III", 28, 1, int(number)) + bytes.fromhex(digits)
        found = [data for data in extended if data.startswith(wanted)]
        self.assertEqual(len(found), 1, [data[:40].hex() for data in extended])
        self.assertEqual(found[0][len(wanted):], bytes(570))
        # and the user's name came before
        logons = [kind for kind, _ in save_session_infos(path) if kind in (1, 2)]
        self.assertEqual(len(logons), 1)
        self.assertEqual(service.log().count(digits), 0, "the cookie is in the log")

    def test_logon_errors_reach_the_client(self):
        service, _ = self.wired(security="tls")
        path = f"{self.folder}/record"
        client = self.client(service, security="tls", password="wrong", record=path).begin()
        client.ask("wait-active timeout=10000")
        ended = client.wait_end()
        self.assertEqual((ended["error-info-name"], ended["logon-error"]), ("ERRINFO_SERVER_DENIED_CONNECTION", "yes"))
        self.assertTrue(ended["logon-data"].startswith("LOGON_FAILED_BAD_PASSWORD"), ended)
        told = [data for kind, data in save_session_infos(path) if kind == 3]
        self.assertIn(struct.pack("<HIIII", 6 + 4 + 8, 2, 8, 0xC000006D, 0) + bytes(570), told)
        self.assert_log(service, "STATUS_LOGON_FAILURE")
        client = self.client(service, security="tls").connect()
        client.wait_pattern()
        client.disconnect()
        service.wait_log("logon notification 0xfffffffe")

    def test_drain(self):
        service, _ = self.wired(users=("demo:demo", "anna:one", "bert:two"))
        cookie = self.left_session(service)
        self.left_session(service, user="anna", password="one")
        connected = service.log().count("-> OnConnected")
        service.control("drain on")
        new = self.client(service, user="bert", password="two").begin()
        new.ask("wait-active timeout=10000")
        ended = new.wait_end()
        self.assertEqual((ended["by"], ended["error-info-name"]), ("server", "ERRINFO_SERVER_DENIED_CONNECTION"))
        self.assert_log(service, "drain mode", 1)
        self.assertEqual(service.log().count("-> OnConnected"), connected, "the service heard of it")
        # who comes back gets in: by cookie, by name, with or without NLA
        self.comes(service, cookie)
        self.assert_log(service, "which the provider names", 1)
        self.left_session(service, user="anna", password="one")
        client = self.client(service, user="anna", password="one", security="tls").connect()
        client.wait_pattern()
        self.assertEqual(len(service.sessions()), 2)
        # a session in use stays, and another client of its user gets in
        other = self.client(service, user="anna", password="one").connect()
        other.wait_pattern()
        other.disconnect()
        service.control(f"logoff {max(service.sessions())}")
        client = self.client(service, user="anna", password="one").begin()
        client.ask("wait-active timeout=10000")
        self.assertEqual(client.wait_end()["error-info-name"], "ERRINFO_SERVER_DENIED_CONNECTION")
        service.control("drain off")
        self.left_session(service, user="bert", password="two")


class Comeback(Cookies, harness.Case):
    def test_cut_wire(self):
        service, screen = self.x11_service(sam=True)
        wire = Wire(self, service.port)
        desk = screen.desk()
        client = self.client(service, wire, auto_reconnect="on", size="1024x768").connect()
        service.wait_log("session program attached")
        desk.good("plain 502080")
        client.good("drag 110 110 510 410")
        harness.wait_until("the box was dragged", 5, lambda: desk.good("box")["x"] == "500")
        before = desk.dump("before.ppm")
        client.match(before)
        sessions = list(service.sessions())
        cookie = self.cookie(client)
        for round_number in (1, 2, 3):
            wire.cut()
            harness.wait_until("the client is back", 15, lambda: client.stats()["reconnects"] == str(round_number))
            service.wait_log("which the provider names", count=round_number)
            client.match(before)
            self.assertEqual(list(service.sessions()), sessions)
            new = harness.wait_until("another cookie", 5, lambda: (
                lambda now: now != cookie and now)(self.cookie(client)))
            self.assertEqual(new.split(":")[0], cookie.split(":")[0])
            cookie = new
            harness.wait_until("a repaint was asked for", 5, lambda: service.log().count("-> RedrawWindow(") == round_number)
        client.good("drag 510 410 210 210")
        harness.wait_until("the box was dragged", 5, lambda: desk.good("box")["x"] == "200")
        client.match(desk.dump())
        self.assert_log(service, "goes from session", 0)
        self.assert_log(service, "refused", 0)
        client.disconnect()

    @harness.unittest.skipUnless(os.path.exists(DEBIAN_CLIENT), "no FreeRDP 2 client here")
    def test_xfreerdp_after_a_cut_wire(self):
        """What a user has: FreeRDP 2's xfreerdp with +auto-reconnect."""
        service, wire = self.wired()
        screen = self.xvfb()
        client = harness.spawn(
            [DEBIAN_CLIENT, f"/v:127.0.0.1:{wire.port}", "/u:demo", "/p:demo", "/cert:ignore", "/sec:nla", "/size:640x480",
             "+auto-reconnect", "/auto-reconnect-max-retries:5", "-clipboard"],
            env=dict(self.environment(), DISPLAY=screen.name), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.addCleanup(harness.end, client)
        for round_number in (1, 2):
            service.wait_log("session program attached", count=round_number)
            service.wait_log("client told: a new cookie", count=round_number)
            time.sleep(1)  # until it has arrived: nobody says so
            wire.cut()
            service.wait_log("which the provider names", seconds=15, count=round_number)
        service.wait_log("session program attached", count=3)
        self.assertEqual(len(service.sessions()), 1)
        self.assert_log(service, "goes from session", 0)


if __name__ == "__main__":
    harness.main()
