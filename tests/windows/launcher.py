# SPDX-License-Identifier: Apache-2.0
"""The launcher service, as the service manager runs it: installed, started, asked by rdsim.exe's provider for a session program,
which shows a Wine desktop with Notepad to a FreeRDP client, and starts the program of the session's user beside it (with its own
token: Wine has no other); a stranger at its pipe; a program that dies; stop and removal that leave nothing."""
import os
import re
import sys
import time

import installed
import harness
import wine


class Launcher(installed.Case):
    def install(self):
        self.session_program("/uninstall", check=False)  # what a test that was cut short has left
        self.addCleanup(self.remove)
        self.assertIn("installed, not started", self.session_program("/install"))

    def remove(self):
        code, text = self.session_program("/uninstall", check=False)
        self.assertEqual(code, 0, text)

    def start(self, **options):
        """rdsim.exe activates the class; the launcher is the service."""
        service = self.service(desktop="gdi", desktop_size=installed.SIZE, launcher=self.pipe, session_args=(), **options)
        return service

    def shown(self, client, desk):
        answer = ""
        for _ in range(20):
            client.ask("wait-picture quiet=250 timeout=2000")
            source = desk.dump()
            answer = client.ask(f"wait-match {source} timeout=300")
            if answer.startswith("ok"):
                return
        self.fail("the client does not see the Wine desktop: " + answer)

    def type_and_save(self, client, desk, path, text):
        """Into Notepad: seen at the client, then in its file."""
        self.shown(client, desk)
        client.good("move 500 400")
        client.good("button 1 press 500 400")
        self.shown(client, desk)
        client.good("type " + text)
        self.shown(client, desk)
        client.good("key 1d down")
        client.good("key 1f")  # Ctrl+S
        client.good("key 1d up")

        def saved():
            with open(path) as file:
                return file.read()

        harness.wait_until(lambda: f"Notepad's file with the text; there is {saved()!r}", 15, lambda: saved() == text, 0.1)

    def test_end_to_end(self):
        self.start_display()
        self.register()
        typed = os.path.join(self.folder, "typed.txt")
        with open(typed, "w"):
            pass
        desk = self.screen.desk(watch=True)
        self.start_notepad(typed)
        self.install()
        self.start_launcher()
        service = self.start()
        client = service.client(size=installed.SIZE).connect()
        service.wait_log("session program attached", 30)
        self.wait_launcher_log(": session program ")
        self.wait_launcher_log("this program's own token")
        self.wait_user(1)
        self.type_and_save(client, desk, typed, "Through the service.")

        # idle, but for Notepad's caret
        program = self.programs_of(service)[0]
        time.sleep(3)
        begin, cpu = time.monotonic(), self.cpu_seconds(program)
        time.sleep(6)
        share = (self.cpu_seconds(program) - cpu) / (time.monotonic() - begin)
        print(f"session program, idle, {installed.SIZE}: {share:.1%} of a processor", file=sys.stderr)
        self.assertLess(share, 0.05)  # about 1 % on a quiet machine

        # a program that dies is replaced
        self.assertEqual(self.programs_of(service), [program])
        os.kill(program, 9)
        service.wait_log("session program attached", 30, count=2)
        self.shown(client, desk)
        self.wait_user(2)

        # so is that of the user, and the session's does not notice
        programs, users = self.programs_of(service), self.programs_of(service, "/user")
        self.assertEqual(len(users), 1)
        os.kill(users[0], 9)
        self.wait_user(3)
        self.assertEqual(self.programs_of(service), programs)
        self.assertNotEqual(self.programs_of(service, "/user"), users)

        client.disconnect()
        # told to end, or by itself when its peer has gone: whichever comes first
        harness.wait_until("the end of the session's programs", 20,
                           lambda: not self.programs_of(service) and not self.programs_of(service, "/user"))
        self.stop_launcher()
        self.assertIn("stopped", self.session_program("/status"))
        self.assertIn("service stopped", self.launcher_log())
        service.stop()

    @staticmethod
    def cpu_seconds(pid):
        with open(f"/proc/{pid}/stat") as file:
            words = file.read().rsplit(")", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    @staticmethod
    def programs_of(service, word=""):
        """Those with this word; without, the session's own."""
        def word_of(pid):
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().decode(errors="replace").split("\0")
            return "".join(set(words) & {"/service", "/user"})

        return [pid for pid in service.processes("rdsprov-session") if word_of(pid) == word]

    def wait_user(self, count):
        """So many programs of the user have said that they are there."""
        harness.wait_until(f"{count} programs of the user", 30,
                           lambda: len(re.findall(r": user's program \d+ is ready", self.launcher_log())) >= count)

    def test_stop_ends_programs(self):
        """The service is stopped while a client looks: no program stays, the client stays, and sees it again after a start."""
        self.start_display()
        self.register()
        self.install()
        self.start_launcher(session_arguments="--desktop pattern --pattern-static", desktop="winsta0\\default")
        service = self.start()
        client = service.client(size=installed.SIZE).connect()
        service.wait_log("session program attached", 30)
        self.wait_user(1)
        self.stop_launcher()
        harness.wait_until("the end of every session program", 10, lambda: not service.processes("rdsprov-session"))
        self.wine("net", "start", installed.SERVICE)
        service.wait_log("session program attached", 30, count=2)
        client.wait_pattern(seconds=20)
        client.disconnect()
        service.stop()
        self.stop_launcher()

    def test_service_dies(self):
        """Killed, it leaves no program behind, and the adapter notices."""
        self.start_display()
        self.register()
        self.install()
        self.start_launcher(session_arguments="--desktop pattern --pattern-static", desktop="winsta0\\default")
        service = self.start()
        client = service.client(size=installed.SIZE).connect()
        service.wait_log("session program attached", 30)
        self.wait_user(1)
        victims = self.programs_of(service, "/service")
        self.assertEqual(len(victims), 1)
        os.kill(victims[0], 9)
        harness.wait_until("the end of every session program", 15, lambda: not service.processes("rdsprov-session"))
        service.wait_log("the launcher is gone", 15)
        client.disconnect()
        service.stop()
        # Windows would start it again after a second; Wine 8 goes on to say that it runs. A new Wine begins with it.
        self.end_wine()
        self.assertIn("is installed", self.session_program("/status"))

    def test_stranger_is_sent_away(self):
        self.register()
        self.install()
        self.start_launcher(test_client="C:\\windows\\system32\\other.exe")
        service = self.start()
        client = service.client(size="640x480").connect()
        self.wait_launcher_log("refused:", 20)
        self.assertIn("rdsim.exe is not the test client", self.launcher_log())
        self.assertNotIn("the adapter is here", self.launcher_log())
        self.assertNotIn("session program attached", service.log())
        client.disconnect()
        service.stop()
        # and by number, as on Windows: this is not the process of the service
        self.stop_launcher()
        self.start_launcher(test_client="", service="TermService")
        service = self.start()
        client = service.client(size="640x480").connect()
        self.wait_launcher_log("TermService is ", 20)
        self.assertRegex(self.launcher_log(), r"refused: (the process of service|service) TermService is ")
        client.disconnect()
        service.stop()
        self.stop_launcher()

    def test_program_that_cannot_show(self):
        """The reason of a session program that does not come up reaches the adapter's log; starts get rarer."""
        self.register()
        self.install()
        self.start_launcher(session_arguments="--desktop gdi --join no-such-desktop", desktop="winsta0\\default")
        service = self.start()
        client = service.client(size="640x480").connect()
        service.wait_log("could not be started", 30, count=2)
        self.wait_launcher_log("2 bad ends in a row", 30)
        self.assertIn("no-such-desktop", self.launcher_log())
        client.disconnect()
        service.stop()
        self.stop_launcher()

    def test_wrong_setting(self):
        self.install()
        self.set_parameters(log_level="loud")
        self.wine("net", "start", installed.SERVICE, check=False)
        harness.wait_until("the service's end", 15, lambda: "stopped" in self.session_program("/status"), 0.3)

    def test_install_and_remove_leave_nothing(self):
        self.session_program("/status", check=False)
        registry, disk = self.registry(), self.disk()
        self.assertEqual(self.session_program("/status", check=False)[0], 1)
        self.assertIn("there is no service", self.session_program("/uninstall"))
        self.install()
        self.assertIn("installed already", self.session_program("/install"))
        self.assertTrue(self.has_key(installed.SERVICE_KEY))
        self.assertTrue(self.has_key(installed.EVENTS_KEY))
        self.start_launcher()
        self.assertIn("running", self.session_program("/status"))
        self.assertIn("is removed", self.session_program("/uninstall"))  # stops it, too
        self.same_registry(registry)
        self.same_disk(disk)


if __name__ == "__main__":
    harness.main()
