/* SPDX-License-Identifier: Apache-2.0 */
#include "os_test.h"

#include "os/log.h"
#include "os/thread.h"

#include <ctype.h>
#include <stdlib.h>

static char last[LOG_LINE_MAX * 2];
static size_t last_len;
static unsigned lines;

static void keep(enum log_level level, const char *line, size_t len, void *arg)
{
    (void)level;
    CHECK(arg == last);
    CHECK(len <= LOG_LINE_MAX && strlen(line) == len);
    memcpy(last, line, len + 1);
    last_len = len;
    lines++;
}

static const char *text_of(const char *line)
{
    return strlen(line) > 25 ? line + 25 : "";
}

TEST(format)
{
    log_set_sink(keep, last);
    log_info("peer", 7, "hello %s %d", "you", 42);
    CHECK_STR(text_of(last), "INFO peer[7] hello you 42");
    for (int i = 0; i < 24; i++)
        CHECK("dddd-dd-ddTdd:dd:dd.dddZ"[i] == 'd' ? isdigit((unsigned char)last[i])
                                                   : last[i] == "dddd-dd-ddTdd:dd:dd.dddZ"[i]);
    CHECK(last[24] == ' ');
    log_error("os", 0, "plain");
    CHECK_STR(text_of(last), "ERROR os plain");
    log_warn("os", UINT32_MAX, "%s", "");
    CHECK_STR(text_of(last), "WARN os[4294967295] ");
    log_set_sink(NULL, NULL);
}

TEST(levels)
{
    enum log_level level = LOG_DEBUG;

    log_set_sink(keep, last);
    lines = 0;
    log_debug("a", 0, "not shown");
    CHECK_INT(lines, 0);
    log_set_level(LOG_DEBUG);
    log_debug("a", 0, "shown");
    CHECK_INT(lines, 1);
    log_set_level(LOG_ERROR);
    log_warn("a", 0, "not shown");
    log_error("a", 0, "shown");
    CHECK_INT(lines, 2);
    log_set_level(LOG_INFO);
    log_set_sink(NULL, NULL);

    CHECK(log_level_parse("warn", &level) && level == LOG_WARN);
    CHECK(log_level_parse("debug", &level) && level == LOG_DEBUG);
    CHECK(!log_level_parse("WARN", &level) && !log_level_parse("", &level) &&
          !log_level_parse("warning", &level));
    CHECK_INT(level, LOG_DEBUG);
}

TEST(cannot_be_forged)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"a\nb\r\nc", "a?b??c"},
        {"tab\there", "tab?here"},
        {"\x1b[31mred", "?[31mred"},
        {"del\x7f", "del?"},
        {"c1 \xc2\x9b"
         "2J",
         "c1 ?2J"},                              /* CSI as one character */
        {"line\xe2\x80\xa8sep", "line?sep"},     /* U+2028 */
        {"turn\xe2\x80\xaeround", "turn?round"}, /* U+202E, right-to-left override */
        {"iso\xe2\x81\xa6late", "iso?late"},     /* U+2066 */
        {"bad \xff\xc3 utf", "bad ?? utf"},
        {"good \xc3\xa4\xe2\x82\xac", "good \xc3\xa4\xe2\x82\xac"},
        {"100%s", "100%s"},
    };

    log_set_sink(keep, last);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char want[128];

        log_info("x", 0, "%s", cases[i].text);
        snprintf(want, sizeof want, "INFO x %s", cases[i].want);
        CHECK_STR(text_of(last), want);
    }
    log_set_sink(NULL, NULL);
}

TEST(long_lines_are_cut)
{
    char text[3 * LOG_LINE_MAX];
    size_t head;

    log_set_sink(keep, last);
    log_info("x", 0, "%s", "");
    head = last_len;

    for (size_t len = LOG_LINE_MAX - 40; len < LOG_LINE_MAX + 40; len++) {
        memset(text, 'y', len);
        text[len] = 0;
        log_info("x", 0, "%s", text);
        if (len + head <= LOG_LINE_MAX) {
            CHECK_INT(last_len, len + head);
            CHECK_STR(last + head, text);
        } else {
            CHECK_INT(last_len, LOG_LINE_MAX);
            CHECK_STR(last + last_len - 4, "y...");
        }
    }

    /* no character is cut in half, wherever the end falls */
    for (size_t shift = 0; shift < 4; shift++) {
        size_t used = shift;

        memset(text, 'y', shift);
        while (used + 4 < sizeof text) {
            memcpy(text + used, "\xf0\x9f\x98\x80", 4);
            used += 4;
        }
        text[used] = 0;
        log_info("x", 0, "%s", text);
        CHECK(last_len > LOG_LINE_MAX - 4 && last_len <= LOG_LINE_MAX);
        CHECK_STR(last + last_len - 3, "...");
        CHECK((uint8_t)last[last_len - 4] == 0x80 && strchr(last, '?') == NULL);
    }
    log_set_sink(NULL, NULL);
}

#define THREADS 4
#define PER_THREAD 200

static void chatter(void *arg)
{
    char text[400];

    memset(text, 'a' + (int)(intptr_t)arg, sizeof text - 1);
    text[sizeof text - 1] = 0;
    for (unsigned i = 0; i < PER_THREAD; i++)
        log_info("t", (uint32_t)(intptr_t)arg + 1, "%s", text);
}

TEST(lines_of_threads_do_not_mix)
{
    struct os_thread *threads[THREADS];
    char path[1024], name[64], line[2048];
    unsigned good = 0, bad = 0;
    FILE *file;

    snprintf(name, sizeof name, "log_test_%llu.txt", (unsigned long long)os_now_us());
    beside(path, sizeof path, name);
    CHECK(log_set_file("/no/such/directory/log") != OS_OK);
    REQUIRE(log_set_file(path) == OS_OK);
    for (intptr_t i = 0; i < THREADS; i++)
        REQUIRE(os_thread_create("chatter", chatter, (void *)i, &threads[i]) == OS_OK);
    for (int i = 0; i < THREADS; i++)
        os_thread_join(threads[i]);

    file = fopen(path, "r");
    REQUIRE(file != NULL);
    while (fgets(line, sizeof line, file)) {
        unsigned id = 0;
        char first = 0;
        bool same = sscanf(line + 25, "INFO t[%u] %c", &id, &first) == 2 && first == (char)('a' + id - 1);
        const char *at = strchr(line, ']') + 2;

        for (int i = 0; i < 399 && same; i++)
            same = at[i] == first;
        if (same && (at[399] == '\n' || at[399] == '\r'))
            good++;
        else
            bad++;
    }
    fclose(file);
    CHECK_INT(good, THREADS * PER_THREAD);
    CHECK_INT(bad, 0);
    REQUIRE(os_now_ms() > 0);
    remove(path); /* on Windows it is still open, and goes with the build folder */
}
