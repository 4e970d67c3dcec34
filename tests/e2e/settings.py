# SPDX-License-Identifier: Apache-2.0
"""A configuration that is wrong: one clear line names file, key and value, and nothing listens half-way."""
import os
import shutil
import socket

import harness


class Settings(harness.Case):
    def wrong(self, words, prepare=None, errors=1, **config):
        """A service that must not listen, and say so in one line with these words in it."""
        service = self.service(wait_ready=False, arguments=("--require-listen",), expect_code=1, spoil=prepare, **config)
        self.assertEqual(service.process.wait(15 * harness.SCALE), 1)
        service.close()
        lines = [line for line in service.log().splitlines() if " ERROR " in line]
        told = [line for line in lines if "not listening" in line or "configuration" in line]
        self.assertEqual(len(told), errors, f"one line that tells it; there are {lines}")
        for word in words:
            self.assertIn(word.replace("FOLDER", service.folder), told[0])
        self.assertFalse(any(line.startswith("ready:") for line in service.output))
        return told[0]

    def listens(self, port):
        with socket.socket() as probe:
            probe.settimeout(2)
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def test_values(self):
        for key, value in (("port", "70000"), ("port", "many"), ("security", "strong"), ("step-timeout", "0"),
                           ("max-half-open", "-1"), ("desktop-size", "10x10"), ("key-type", "dsa"),
                           ("log-level", "loud"), ("address", "not.an.address"), ("make-certificate", "perhaps")):
            with self.subTest(key=key, value=value):
                self.wrong((f"FOLDER/rdsprov.ini", key, value), **{"override": {key: value}})

    def test_unknown_key(self):
        self.wrong(("FOLDER/rdsprov.ini", "prot"), override={"prot": "3389"})

    def test_malformed_file(self):
        def spoil(service):
            with open(service.path("rdsprov.ini"), "a") as file:
                file.write("this is no setting\n")

        line = self.wrong(("FOLDER/rdsprov.ini",), spoil)
        self.assertIn("line", line)

    def test_no_file(self):
        self.wrong(("FOLDER/rdsprov.ini",), lambda service: os.unlink(service.path("rdsprov.ini")))

    def test_no_section(self):
        def rename(service):
            with open(service.path("rdsprov.ini"), "w") as file:
                file.write("[Another]\nport = 3389\n")

        self.wrong(("FOLDER/rdsprov.ini", "RDSPROV"), rename)

    def test_missing_certificate(self):
        self.wrong(("FOLDER/certificate.pem", "no such file"), make_certificate="no")

    def test_only_the_key_is_there(self):
        self.wrong(("FOLDER/certificate.pem",), lambda service: open(service.path("key.pem"), "w").close())

    def test_broken_certificate(self):
        def spoil(service):
            for name in ("certificate.pem", "key.pem"):
                shutil.copy(os.path.join(self.good.folder, name), service.path(name))
            with open(service.path("certificate.pem"), "r+") as file:
                text = file.read()
                file.seek(0)
                file.write(text.replace("A", "!"))

        self.good = self.service()
        self.wrong(("FOLDER/certificate.pem",), spoil)

    def test_broken_key(self):
        def spoil(service):
            shutil.copy(os.path.join(self.good.folder, "certificate.pem"), service.path("certificate.pem"))
            with open(service.path("key.pem"), "w") as file:
                file.write("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")

        self.good = self.service()
        self.wrong(("FOLDER/key.pem",), spoil)

    def test_key_of_another_certificate(self):
        def mix(service):
            shutil.copy(os.path.join(self.good.folder, "certificate.pem"), service.path("certificate.pem"))
            shutil.copy(os.path.join(self.other.folder, "key.pem"), service.path("key.pem"))

        self.good, self.other = self.service(), self.service()
        line = self.wrong(("FOLDER/key.pem",), mix)
        self.assertIn("certificate", line)

    def test_sam_file(self):
        missing = os.path.join(self.folder, "nowhere")
        self.wrong((missing,), security="nla", sam_file=missing)
        broken = os.path.join(self.folder, "broken")
        with open(broken, "w") as file:
            file.write("demo:::too short:::\n")
        self.wrong((broken, "line 1"), security="nla", sam_file=broken)
        self.wrong((self.folder,), security="nla", sam_file=self.folder)

    def test_nla_without_a_sam_file(self):
        self.wrong(("FOLDER/rdsprov.ini", "sam-file", "security = nla"), security="nla")

    def test_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.wrong(("127.0.0.1", str(port)), port=port)

    def test_part_of_the_addresses_in_use(self):
        """Not half of them: a service that listens on fewer addresses than told would go unnoticed."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.3", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.wrong(("127.0.0.3", str(port)), port=port, address="127.0.0.1, 127.0.0.3")
            self.assertFalse(self.listens(port))

    def test_repaired_configuration_is_taken(self):
        """Without being asked: the listener looks again when the file changes, and says nothing in between."""
        service = self.service(wait_ready=False, override={"security": "strong"})
        service.wait_log("security = 'strong'")
        self.assertFalse(self.listens(service.port))
        service.config["security"] = "tls"
        service.write_config()
        service.wait_log("listening on")
        client = service.client().connect()
        client.wait_pattern()
        client.disconnect()
        self.assert_log(service, "not listening", 1)


if __name__ == "__main__":
    harness.main()
