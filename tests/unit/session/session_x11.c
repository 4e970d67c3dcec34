/* SPDX-License-Identifier: Apache-2.0 */
/* The session program on an Xvfb: its pixels against XGetImage, the size, the ends. */
#include "channels/input/inject.h"
#include "x11_rig.h"

TEST(picture_is_the_desktop)
{
    struct rig rig;

    REQUIRE(rig_start(&rig));
    CHECK_STR(rig.host.hello.backend, "x11");
    CHECK_INT(rig.host.hello.width, 1024);
    CHECK_INT(rig_differs(&rig), 0);
    rig_draw(&rig, 1, true);
    CHECK(host_settle(&rig.host, 100, 3000));
    CHECK_INT(rig_differs(&rig), 0);
    CHECK(rig.host.frames >= 2);
    rig_finish(&rig);
}

TEST(damage_covers_all_that_changes)
{
    struct rig rig;
    uint64_t end;
    unsigned draws = 0, before;

    REQUIRE(rig_start(&rig));
    before = rig.host.frames;
    /* host_step compares each slot with what the rectangles alone built */
    end = os_now_ms() + 3000;
    while (os_now_ms() < end && !rig.host.bad) {
        draws++;
        rig_draw(&rig, draws, draws % 3 == 0);
        if (draws % 4 == 0)
            host_step(&rig.host, draws % 16 ? 2 : 30);
    }
    CHECK(host_settle(&rig.host, 150, 3000));
    CHECK_INT(rig_differs(&rig), 0);
    printf("%u drawings in %u frames\n", draws, rig.host.frames - before);
    CHECK(rig.host.frames - before >= 20);
    CHECK(rig.host.frames - before <= 3 * 60 + 20);
    rig_finish(&rig);
}

TEST(small_change_small_frame)
{
    struct rig rig;

    REQUIRE(rig_start(&rig));
    CHECK(host_settle(&rig.host, 100, 3000));
    rig.host.bytes = 0;
    XSetForeground(rig.x.display, rig.x.gc, 0xFF00FF);
    XFillRectangle(rig.x.display, rig.x.window, rig.x.gc, 10, 10, 8, 16);
    XNoOp(rig.x.display); /* Xlib would make one request of both, the server one rectangle of damage */
    XFillRectangle(rig.x.display, rig.x.window, rig.x.gc, 700, 500, 8, 16);
    XFlush(rig.x.display);
    CHECK(host_settle(&rig.host, 100, 3000));
    CHECK_INT(rig.host.bytes, 2 * 8 * 16 * 4);
    CHECK_INT(rig_differs(&rig), 0);
    rig_finish(&rig);
}

/* A window of its own kind, filled by the server (background) or kept by it (backing store). */
static Window add_window(struct rig *rig, int x, int y, unsigned width, unsigned height,
                         XSetWindowAttributes *attributes, unsigned long mask)
{
    Window window;

    attributes->override_redirect = True;
    window = XCreateWindow(rig->x.display, rig->x.root, x, y, width, height, 3, CopyFromParent, InputOutput,
                           CopyFromParent, CWOverrideRedirect | mask, attributes);
    XMapRaised(rig->x.display, window);
    XSync(rig->x.display, False);
    return window;
}

/* A frame may take its time on a busy machine; one that never comes is what is looked for. */
static void check_picture(struct rig *rig, const char *when)
{
    uint64_t end = os_now_ms() + 3000;
    uint32_t wrong;

    XSync(rig->x.display, False);
    do
        host_drain(&rig->host, 30);
    while ((wrong = rig_differs(rig)) != 0 && os_now_ms() < end);
    if (!CHECK_INT(wrong, 0))
        fprintf(stderr, "the picture is old: %s\n", when);
}

/* Windows that come, go and move above others that paint nothing themselves. */
TEST(uncovered_windows_are_seen)
{
    static const struct {
        const char *what;
        unsigned long mask;
        int backing_store;
    } kinds[] = {
        {"background pixmap", CWBackPixmap, NotUseful},
        {"backing store", CWBackPixel | CWBackingStore, Always},
        {"backing store and background pixmap", CWBackPixmap | CWBackingStore, WhenMapped},
    };
    struct rig rig;

    REQUIRE(rig_start(&rig));
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        XSetWindowAttributes below = {.background_pixel = 0x11AA33, .backing_store = kinds[i].backing_store};
        XSetWindowAttributes above = {.background_pixel = 0xEE1177};
        Window window, cover;
        Pixmap pixmap = XCreatePixmap(rig.x.display, rig.x.root, 40, 30, 24);

        XSetForeground(rig.x.display, rig.x.gc, 0x3366FF);
        XFillRectangle(rig.x.display, pixmap, rig.x.gc, 0, 0, 40, 30);
        XSetForeground(rig.x.display, rig.x.gc, 0xFFEE00);
        XDrawLine(rig.x.display, pixmap, rig.x.gc, 0, 0, 40, 30);
        below.background_pixmap = pixmap;
        window = add_window(&rig, 60, 50, 600, 400, &below, kinds[i].mask);
        XFillRectangle(rig.x.display, window, rig.x.gc, 100, 100, 200, 90);
        check_picture(&rig, kinds[i].what);
        cover = add_window(&rig, 120, 100, 300, 200, &above, CWBackPixel);
        check_picture(&rig, "covered");
        XMoveWindow(rig.x.display, cover, 300, 220);
        check_picture(&rig, "moved away");
        XResizeWindow(rig.x.display, cover, 100, 300);
        check_picture(&rig, "made smaller");
        XUnmapWindow(rig.x.display, cover);
        check_picture(&rig, "unmapped");
        XMapRaised(rig.x.display, cover);
        check_picture(&rig, "mapped");
        XSetForeground(rig.x.display, rig.x.gc, 0x000000 + (unsigned)i * 0x404040);
        XFillRectangle(rig.x.display, window, rig.x.gc, 50, 40, 400, 300);
        check_picture(&rig, "drawn while covered");
        XMoveWindow(rig.x.display, cover, 150, 120);
        check_picture(&rig, "uncovered after drawing");
        XUnmapWindow(rig.x.display, cover);
        check_picture(&rig, "uncovered wholly after drawing");
        XUnmapWindow(rig.x.display, window);
        check_picture(&rig, "below unmapped");
        XMapWindow(rig.x.display, window);
        check_picture(&rig, "below mapped");
        XMoveWindow(rig.x.display, window, 90, 70);
        check_picture(&rig, "below moved");
        XMapRaised(rig.x.display, cover);
        check_picture(&rig, "mapped again");
        XLowerWindow(rig.x.display, cover);
        check_picture(&rig, "lowered");
        XRaiseWindow(rig.x.display, cover);
        check_picture(&rig, "raised");
        XReparentWindow(rig.x.display, cover, window, 200, 210);
        check_picture(&rig, "given another parent");
        XMoveWindow(rig.x.display, cover, 20, 10);
        check_picture(&rig, "moved inside");
        XDestroyWindow(rig.x.display, cover);
        check_picture(&rig, "destroyed");
        XDestroyWindow(rig.x.display, window);
        check_picture(&rig, "all gone");
        XFreePixmap(rig.x.display, pixmap);
    }
    rig_finish(&rig);
}

/* Processor ticks and voluntary context switches of a process. */
static bool usage(uint64_t pid, unsigned long *ticks, unsigned long *switches)
{
    char path[64], line[512];
    unsigned long user = 0, sys = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%llu/stat", (unsigned long long)pid);
    if (!(file = fopen(path, "r")))
        return false;
    if (!fgets(line, sizeof(line), file) ||
        sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys) !=
            2)
        user = 0;
    fclose(file);
    *ticks = user + sys;
    snprintf(path, sizeof(path), "/proc/%llu/status", (unsigned long long)pid);
    if (!(file = fopen(path, "r")))
        return false;
    *switches = 0;
    while (fgets(line, sizeof(line), file))
        sscanf(line, "voluntary_ctxt_switches: %lu", switches);
    fclose(file);
    return true;
}

TEST(idle_desktop_costs_nothing)
{
    struct rig rig;
    unsigned long ticks[2], switches[2];
    unsigned frames;

    REQUIRE(rig_start(&rig));
    CHECK(host_settle(&rig.host, 200, 3000));
    frames = rig.host.frames;
    REQUIRE(usage(os_process_id(rig.host.process), &ticks[0], &switches[0]));
    host_drain(&rig.host, 1500);
    REQUIRE(usage(os_process_id(rig.host.process), &ticks[1], &switches[1]));
    CHECK_INT(rig.host.frames, frames);
    CHECK(ticks[1] - ticks[0] <= 3); /* of 150 */
    CHECK(switches[1] - switches[0] <= 2);
    rig_finish(&rig);
}

static bool margin_is_black(const struct host *host, uint32_t width, uint32_t height)
{
    for (uint32_t y = 0; y < host->layout.height; y++)
        for (uint32_t x = 0; x < host->layout.width; x++)
            if ((x >= width || y >= height) && host->picture[y * host->layout.width + x] != 0)
                return false;
    return true;
}

TEST(size_is_changed_when_allowed)
{
    struct rig rig;
    XWindowAttributes attributes;
    unsigned frames;

    REQUIRE(rig_start_sized(&rig, 1600, 1000, 1111, 700, true));
    CHECK_INT(rig.host.hello.width, 1111);
    CHECK_INT(rig.host.hello.height, 700);
    XGetWindowAttributes(rig.x.display, rig.x.root, &attributes);
    CHECK_INT(attributes.width, 1111);
    CHECK_INT(attributes.height, 700);
    rig_draw(&rig, 5, true);
    CHECK(host_settle(&rig.host, 150, 3000));
    CHECK_INT(rig_differs(&rig), 0);
    /* larger than the server can: as much as there is, black around it */
    frames = rig.host.frames;
    CHECK(host_bind(&rig.host, 1800, 1100));
    CHECK(host_until(&rig.host, &rig.host.hellos, 1, 2000));
    CHECK(host_until(&rig.host, &rig.host.frames, frames, 5000));
    CHECK_INT(rig.host.hello.width, 1600);
    CHECK_INT(rig.host.hello.height, 1000);
    CHECK(host_settle(&rig.host, 150, 3000));
    CHECK(margin_is_black(&rig.host, 1600, 1000));
    CHECK_INT(xdisplay_differs(&rig.x, rig.host.picture, 1600, 1000, 1800), 0);
    rig_finish(&rig);
}

TEST(size_is_followed)
{
    struct rig rig;

    REQUIRE(rig_start_sized(&rig, 1280, 800, 1024, 768, false));
    CHECK_INT(rig.host.hello.width, 1024); /* the top left part of a larger desktop */
    CHECK_INT(rig_differs(&rig), 0);
    CHECK(xdisplay_set_size(&rig.x, 900, 620));
    rig_draw(&rig, 6, true);
    CHECK(host_settle(&rig.host, 300, 3000));
    CHECK(margin_is_black(&rig.host, 900, 620));
    CHECK_INT(xdisplay_differs(&rig.x, rig.host.picture, 900, 620, 1024), 0);
    /* the pointer stays inside what is left */
    host_mouse(&rig.host, INPUT_MOVE, 1020, 760);
    rig_draw(&rig, 8, true);
    CHECK(host_settle(&rig.host, 300, 3000));
    CHECK(margin_is_black(&rig.host, 900, 620));
    rig_finish(&rig);
}

TEST(end_of_the_server_is_an_error)
{
    struct rig rig;

    REQUIRE(rig_start(&rig));
    /* our own connection first: Xlib would end this program too */
    xdisplay_disconnect(&rig.x);
    os_process_kill(rig.x.server);
    CHECK_INT(host_wait_exit(&rig.host, 1000), 1);
    host_finish(&rig.host);
    xdisplay_finish(&rig.x);
}

TEST(no_display_is_an_error)
{
    static const char *const args[] = {"--desktop", "x11", "--display", ":9999", NULL};
    struct host host;

    CHECK(!host_start(&host, 640, 480, args));
}
