/* SPDX-License-Identifier: Apache-2.0 */
/* What the event viewer does with the message table of rdsprov-session.exe. */
#include <windows.h>

#include <stdlib.h>

#include "../check.h"
#include "events.h"

TEST(every_event_has_its_text)
{
    static const struct {
        DWORD id;
        WORD number;
        const wchar_t *text;
    } events[] = {
        {EVENT_LISTENING, 1, L"The rdsprov session launcher waits for REASON."},
        {EVENT_ENDED, 2, L"The rdsprov session launcher has ended: REASON."},
        {EVENT_CANNOT_LISTEN, 3, L"The rdsprov session launcher cannot work: REASON."},
        {EVENT_CLIENT_REFUSED, 4,
         L"A process that is not the service it is for came to the rdsprov session launcher: REASON."},
        {EVENT_START_FAILED, 5, L"A session cannot be shown: REASON."},
        {EVENT_PROGRAM_DIED, 6, L"A session program ends again and again: REASON."},
        {EVENT_USER_FAILED, 7, L"The program of a session's user cannot run: REASON."},
    };
    DWORD_PTR strings[] = {(DWORD_PTR)L"REASON"};
    const char *folder = getenv("RDSPROV_TEST_BIN");
    char path[MAX_PATH];
    HMODULE file;

    REQUIRE(folder != NULL);
    snprintf(path, sizeof path, "%s/rdsprov-session.exe", folder);
    file = LoadLibraryExA(path, NULL, LOAD_LIBRARY_AS_DATAFILE);
    REQUIRE(file != NULL);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        wchar_t text[256] = L"";
        DWORD n =
            FormatMessageW(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ARGUMENT_ARRAY, file, events[i].id,
                           MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US), text, 256, (va_list *)strings);

        CHECK_INT(events[i].id & 0xFFFF, events[i].number);
        while (n > 0 && (text[n - 1] == L'\n' || text[n - 1] == L'\r'))
            text[--n] = 0;
        if (!CHECK(wcscmp(text, events[i].text) == 0))
            fprintf(stderr, "event %lx: \"%ls\"\n", events[i].id, text);
    }
    FreeLibrary(file);
}
