# SPDX-License-Identifier: Apache-2.0
"""The Windows adapter needs the system's own libraries only, and exports what COM asks for."""
import os
import re
import unittest

import harness
import wine
from links import SYMBOLS, output

SYSTEM_DLLS = {"kernel32.dll", "advapi32.dll", "ole32.dll", "oleaut32.dll", "ws2_32.dll", "rpcrt4.dll", "user32.dll",
               "msvcrt.dll", "ntdll.dll", "userenv.dll", "wtsapi32.dll", "shell32.dll", "bcrypt.dll", "shlwapi.dll",
               "secur32.dll", "iphlpapi.dll", "mswsock.dll", "ucrtbase.dll"}
MORE_OF_A_PROGRAM = {"crypt32.dll", "ncrypt.dll", "credui.dll", "ntdsapi.dll", "setupapi.dll", "cfgmgr32.dll", "dbghelp.dll",
                     "gdi32.dll", "winmm.dll", "msimg32.dll", "winscard.dll", "uxtheme.dll", "version.dll"}


class WindowsLinks(unittest.TestCase):
    def imports(self, name):
        text = output("x86_64-w64-mingw32-objdump", "-p", os.path.join(wine.WINDOWS_BIN, name))
        dlls = {dll.lower() for dll in re.findall(r"DLL Name: (\S+)", text)}
        self.assertTrue(dlls, "objdump names no DLL at all")
        return text, dlls

    def test_adapter(self):
        text, dlls = self.imports("rdsprov.dll")
        self.assertLessEqual(dlls, SYSTEM_DLLS)
        self.assertNotRegex(text, SYMBOLS)
        for name in ("DllGetClassObject", "DllCanUnloadNow", "DllRegisterServer", "DllUnregisterServer"):
            self.assertIn(name, text)

    def test_adapter_has_no_such_code_inside(self):
        """Linked statically, FreeRDP and OpenSSL would leave their names in the symbol table or in texts."""
        path = os.path.join(wine.WINDOWS_BIN, "rdsprov.dll")
        self.assertNotRegex(output("x86_64-w64-mingw32-nm", path), SYMBOLS)
        for name, expected in (("rdsprov.dll", False), ("rdsprov-peer.exe", True)):
            with open(os.path.join(wine.WINDOWS_BIN, name), "rb") as file:
                data = file.read()
            for sign in (b"OPENSSL_", b"com.winpr"):
                self.assertEqual(sign in data, expected, f"{sign} in {name}")

    def test_programs_need_no_library_of_ours(self):
        for name in ("rdsprov-peer.exe", "rdsprov-session.exe", "rdsim.exe"):
            _, dlls = self.imports(name)
            self.assertLessEqual(dlls, SYSTEM_DLLS | MORE_OF_A_PROGRAM, name)


if __name__ == "__main__":
    harness.main()
