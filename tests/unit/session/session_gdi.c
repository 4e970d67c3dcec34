/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session program on a Windows desktop where Notepad runs: pixels against a BitBlt of our own, input as
 * Notepad and the system see it. Joins the desktop that $RDSPROV_TEST_DESKTOP names, so that it can be
 * started from anywhere.
 */
#include <windows.h>

#include <stdlib.h>

#define CHECK_OWN_MAIN
#include "../check.h"
#include "channels/input/inject.h"
#include "host.h"

static char desktop_name[64];
static HWND notepad, edit;

static bool start(struct host *host)
{
    const char *args[] = {"--desktop", "gdi", "--join", desktop_name, NULL};
    uint32_t width = (uint32_t)GetSystemMetrics(SM_CXSCREEN),
             height = (uint32_t)GetSystemMetrics(SM_CYSCREEN);

    if (!CHECK(host_start(host, width, height, args)))
        return false;
    CHECK_STR(host->hello.backend, "gdi");
    CHECK_INT(host->hello.width, width);
    return CHECK(host_until(host, &host->frames, 0, 5000));
}

static void text_is(struct host *host, const wchar_t *want)
{
    wchar_t text[256] = L"";

    for (int i = 0; i < 100; i++) {
        SendMessageW(edit, WM_GETTEXT, 256, (LPARAM)text);
        if (wcscmp(text, want) == 0)
            break;
        host_drain(host, 20);
    }
    if (!CHECK(wcscmp(text, want) == 0))
        fprintf(stderr, "Notepad has \"%ls\", want \"%ls\"\n", text, want);
}

static void clear(void)
{
    SendMessageW(edit, WM_SETTEXT, 0, (LPARAM)L"");
    SetForegroundWindow(notepad);
    Sleep(100);
}

/* Pixels of the rebuilt picture that differ from the screen; tried for a while, since a caret blinks. */
static unsigned differs(struct host *host)
{
    uint32_t width = host->layout.width, height = host->layout.height;
    BITMAPINFO info = {.bmiHeader = {.biSize = sizeof(info.bmiHeader),
                                     .biWidth = (LONG)width,
                                     .biHeight = -(LONG)height,
                                     .biPlanes = 1,
                                     .biBitCount = 32}};
    HDC screen = GetDC(NULL), canvas = CreateCompatibleDC(screen);
    void *bits = NULL;
    HBITMAP bitmap = CreateDIBSection(screen, &info, DIB_RGB_COLORS, &bits, NULL, 0);
    HGDIOBJ old = SelectObject(canvas, bitmap);
    unsigned wrong = 1;

    for (int i = 0; i < 20 && wrong > 0; i++) {
        host_drain(host, 300);
        BitBlt(canvas, 0, 0, (int)width, (int)height, screen, 0, 0, SRCCOPY);
        GdiFlush();
        wrong = 0;
        for (uint32_t at = 0; at < width * height; at++)
            wrong += (((uint32_t *)bits)[at] & 0xFFFFFF) != host->picture[at];
    }
    SelectObject(canvas, old);
    DeleteObject(bitmap);
    DeleteDC(canvas);
    ReleaseDC(NULL, screen);
    return wrong;
}

TEST(picture_is_the_desktop)
{
    struct host host;

    clear();
    REQUIRE(start(&host));
    CHECK_INT(differs(&host), 0);
    SendMessageW(edit, WM_SETTEXT, 0, (LPARAM)L"The quick brown fox");
    CHECK_INT(differs(&host), 0);
    CHECK(host.frames >= 2);
    CHECK(!host.bad);
    CHECK_INT(host_end(&host, 500), 0);
}

static int by_size(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

TEST(typed_text_arrives)
{
    struct host host;
    int took[21];

    clear();
    REQUIRE(start(&host));
    host_type(&host, 0x23);
    host_key(&host, 0, 0x2A);
    host_type(&host, 0x17);
    host_key(&host, INPUT_KEY_RELEASE, 0x2A);
    host_type(&host, 0x02);
    text_is(&host, L"hI1");
    host_key(&host, INPUT_KEY_EXTENDED, 0x4B); /* Left */
    host_key(&host, INPUT_KEY_EXTENDED | INPUT_KEY_RELEASE, 0x4B);
    host_type(&host, 0x0E); /* Backspace */
    text_is(&host, L"h1");
    host_unicode(&host, 0xE9);
    host_unicode(&host, 0x416);
    host_unicode(&host, '\r');
    text_is(&host, L"h\u00E9\u0416\r\n1");

    clear();
    for (int i = 0; i < 21; i++) {
        unsigned before;
        uint64_t at;

        host_drain(&host, 60);
        before = host.frames;
        at = os_now_us();
        host_type(&host, 0x1E);
        CHECK(host_until(&host, &host.frames, before, 1000));
        took[i] = (int)(os_now_us() - at);
    }
    qsort(took, 21, sizeof(took[0]), by_size);
    printf("key to frame in Notepad: median %.1f ms, worst %.1f ms\n", took[10] / 1000.0, took[20] / 1000.0);
    CHECK(!host.bad);
    CHECK_INT(host_end(&host, 500), 0);
}

TEST(mouse_arrives)
{
    static const POINT points[] = {{0, 0}, {1, 1}, {123, 321}, {255, 256}, {639, 479}};
    struct host host;
    POINT at, client = {20, 20};
    RECT corner;

    clear();
    REQUIRE(start(&host));
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        host_mouse(&host, INPUT_MOVE, (uint16_t)points[i].x, (uint16_t)points[i].y);
        for (int k = 0; k < 50; k++) {
            host_drain(&host, 20);
            if (GetCursorPos(&at) && at.x == points[i].x && at.y == points[i].y)
                break;
        }
        CHECK_INT(at.x, points[i].x);
        CHECK_INT(at.y, points[i].y);
    }
    CHECK_INT(host.moves, 0); /* our own moves are no news */
    host_drain(&host, 300);
    SetCursorPos(77, 88);
    CHECK(host_until(&host, &host.moves, 0, 2000));
    CHECK_INT(host.position.x, 77);

    /* a double click selects a word */
    SendMessageW(edit, WM_SETTEXT, 0, (LPARAM)L"wordwordword and more");
    ClientToScreen(edit, &client);
    GetWindowRect(edit, &corner);
    host_mouse(&host, INPUT_MOVE, (uint16_t)client.x, (uint16_t)(corner.top + 10));
    host_drain(&host, 300);
    for (int i = 0; i < 2; i++) {
        host_mouse(&host, INPUT_BUTTON1 | INPUT_DOWN, (uint16_t)client.x, (uint16_t)(corner.top + 10));
        host_mouse(&host, INPUT_BUTTON1, (uint16_t)client.x, (uint16_t)(corner.top + 10));
    }
    host_drain(&host, 300);
    host_type(&host, 0x2D);
    text_is(&host, L"xand more");
    CHECK(!host.bad);
    CHECK_INT(host_end(&host, 500), 0);
}

static bool is_down(int key)
{
    return GetAsyncKeyState(key) < 0;
}

TEST(all_is_let_go_at_the_end)
{
    struct host host;

    clear();
    REQUIRE(start(&host));
    host_mouse(&host, INPUT_MOVE, 200, 200);
    host_drain(&host, 300); /* Wine forgets held keys when the X pointer enters its window */
    host_mouse(&host, INPUT_BUTTON3 | INPUT_DOWN, 200, 200);
    host_drain(&host, 100);
    host_key(&host, 0, 0x2A);
    host_key(&host, 0, 0x1D);
    for (int i = 0; i < 50 && !(is_down(VK_SHIFT) && is_down(VK_CONTROL) && is_down(VK_MBUTTON)); i++)
        host_drain(&host, 20);
    CHECK(is_down(VK_SHIFT));
    CHECK(is_down(VK_CONTROL));
    CHECK(is_down(VK_MBUTTON));
    CHECK_INT(host_end(&host, 500), 0);
    for (int i = 0; i < 50 && (is_down(VK_SHIFT) || is_down(VK_CONTROL) || is_down(VK_MBUTTON)); i++)
        Sleep(20);
    CHECK(!is_down(VK_SHIFT));
    CHECK(!is_down(VK_CONTROL));
    CHECK(!is_down(VK_MBUTTON));
}

TEST(lock_keys_follow)
{
    struct host host;
    unsigned before;

    clear();
    REQUIRE(start(&host));
    CHECK(host.indications >= 1);
    host_value(&host, CHANNEL_LOCKS, 0);
    host_drain(&host, 300);
    before = host.indications;
    host_value(&host, CHANNEL_LOCKS, INPUT_CAPS_LOCK);
    CHECK(host_until(&host, &host.indications, before, 1000));
    CHECK_INT(host.indicators, INPUT_CAPS_LOCK);
    host_type(&host, 0x1E);
    text_is(&host, L"A");
    before = host.indications;
    host_value(&host, CHANNEL_LOCKS, 0);
    CHECK(host_until(&host, &host.indications, before, 1000));
    CHECK_INT(host.indicators, 0);
    host_type(&host, 0x1E);
    text_is(&host, L"Aa");
    before = host.indications;
    host_value(&host, CHANNEL_LOCKS, INPUT_NUM_LOCK);
    CHECK(host_until(&host, &host.indications, before, 1000));
    host_type(&host, 0x47);
    text_is(&host, L"Aa7");
    before = host.indications;
    host_value(&host, CHANNEL_LOCKS, 0);
    CHECK(host_until(&host, &host.indications, before, 1000));
    CHECK_INT(host_end(&host, 500), 0);
}

/* What it costs cannot be seen from here: Wine tells no process the times of another. */
TEST(idle_desktop_sends_little)
{
    struct host host;
    unsigned before;

    clear();
    REQUIRE(start(&host));
    host_drain(&host, 1500);
    before = host.frames;
    host.bytes = 0;
    host_drain(&host, 3000);
    printf("idle (a caret blinks): %u frames, %u bytes in 3 seconds\n", host.frames - before,
           (unsigned)host.bytes);
    CHECK(host.frames - before <= 9);
    CHECK(host.bytes <= 9 * 64 * 64 * 4);
    CHECK(!host.bad);
    CHECK_INT(host_end(&host, 500), 0);
}

/* No input, changes all the time: soon looked at often. */
TEST(film_is_followed)
{
    struct host host;
    wchar_t text[32];
    unsigned before;

    clear();
    REQUIRE(start(&host));
    host_drain(&host, 1500);
    before = host.frames;
    for (int i = 0; i < 100; i++) {
        swprintf(text, 32, L"frame %d", i);
        SendMessageW(edit, WM_SETTEXT, 0, (LPARAM)text);
        host_drain(&host, 20);
    }
    printf("film of 50 pictures a second, first 2 seconds: %u frames\n", host.frames - before);
    CHECK(host.frames - before >= 20);
    CHECK(!host.bad);
    CHECK_INT(host_end(&host, 500), 0);
}

static bool find_notepad(void)
{
    for (int i = 0; i < 200 && !edit; i++) {
        notepad = FindWindowW(L"Notepad", NULL);
        edit = notepad ? FindWindowExW(notepad, NULL, L"Edit", NULL) : NULL;
        if (!edit)
            Sleep(100);
    }
    return edit != NULL;
}

/* The program of a user has a window for this alone. */
TEST(user_program_ends_with_its_session)
{
    const char *const args[] = {"/user", NULL};
    HWND window = NULL;
    struct host host;

    REQUIRE(host_spawn(&host, args));
    for (int i = 0; i < 1000 && !window; i++) {
        Sleep(10);
        window = FindWindowW(L"rdsprov session end", NULL);
    }
    if (CHECK(window != NULL)) {
        SendMessageW(window, WM_ENDSESSION, FALSE, 0); /* somebody else said no */
        CHECK_INT(host_wait_exit(&host, 200), -1);
        SendMessageW(window, WM_ENDSESSION, TRUE, 0);
        CHECK_INT(host_wait_exit(&host, 20000), 0);
    }
    host_finish(&host);
}

int main(int argc, char **argv)
{
    const char *name = getenv("RDSPROV_TEST_DESKTOP");
    HDESK desktop;

    snprintf(desktop_name, sizeof(desktop_name), "%s", name ? name : "Default");
    for (int i = 0; i < 200; i++) {
        desktop = OpenDesktopA(desktop_name, 0, FALSE, GENERIC_ALL);
        if (desktop)
            break;
        Sleep(100);
    }
    if (!desktop || !SetThreadDesktop(desktop) || !find_notepad()) {
        fprintf(stderr, "no Notepad on desktop %s\n", desktop_name);
        return 1;
    }
    return check_run(argc, argv);
}
