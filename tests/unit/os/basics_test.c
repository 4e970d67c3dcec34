/* SPDX-License-Identifier: Apache-2.0 */
#include "os_test.h"

#include "os/utf.h"

#include <stdlib.h>

TEST(clock_goes_on)
{
    uint64_t ms = os_now_ms(), us = os_now_us();

    os_sleep_ms(30);
    CHECK(os_now_ms() - ms >= 29 && os_now_ms() - ms < 10000);
    CHECK(os_now_us() - us >= 29000 && os_now_us() - us < 10000000);
}

TEST(random_differs)
{
    uint8_t a[64] = {0}, b[64] = {0}, big[100000];
    unsigned seen[256] = {0}, missing = 0;

    CHECK(os_random(a, sizeof a) == OS_OK && os_random(b, sizeof b) == OS_OK);
    CHECK(memcmp(a, b, sizeof a) != 0);
    CHECK(os_random(a, 0) == OS_OK);
    CHECK(os_random(big, sizeof big) == OS_OK);
    for (size_t i = 0; i < sizeof big; i++)
        seen[big[i]]++;
    for (unsigned i = 0; i < 256; i++)
        missing += seen[i] == 0;
    CHECK_INT(missing, 0);
}

TEST(secrets)
{
    char a[16] = "the same bytes!", b[16] = "the same bytes!";

    CHECK(os_equal_secret(a, b, sizeof a));
    b[15] = 1;
    CHECK(!os_equal_secret(a, b, sizeof a));
    CHECK(os_equal_secret(a, b, 15) && os_equal_secret(a, "x", 0));
    os_wipe(a, sizeof a);
    for (size_t i = 0; i < sizeof a; i++)
        CHECK_INT(a[i], 0);
    os_wipe(NULL, 0);
}

TEST(status_texts)
{
    for (int i = OS_OK; i <= OS_FAILED; i++) {
        const char *text = os_status_text((enum os_status)i);

        CHECK(text && *text && strcmp(text, os_status_text((enum os_status)99)) != 0);
    }
}

static void both_ways(const char *utf8, const uint16_t *utf16)
{
    uint16_t wide[64];
    char narrow[64];
    size_t i = 0;

    CHECK(os_utf16_from_utf8(wide, 64, utf8));
    do
        CHECK_INT(wide[i], utf16[i]);
    while (utf16[i++]);
    os_utf8_from_utf16(narrow, sizeof narrow, utf16);
    CHECK_STR(narrow, utf8);
}

TEST(utf_both_ways)
{
    both_ways("", (const uint16_t[]){0});
    both_ways("abc", (const uint16_t[]){'a', 'b', 'c', 0});
    both_ways("\x7f\xc2\x80\xdf\xbf", (const uint16_t[]){0x7f, 0x80, 0x7ff, 0});
    both_ways("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf",
              (const uint16_t[]){0x800, 0xd7ff, 0xe000, 0xffff, 0});
    both_ways("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", (const uint16_t[]){0xd800, 0xdc00, 0xdbff, 0xdfff, 0});
}

TEST(utf_malformed)
{
    static const struct {
        const char *utf8, *want;
    } cases[] = {
        {"a\xc3", "a?"},              /* cut */
        {"\xe2\x82", "??"},           /* cut: one '?' a byte */
        {"\x80", "?"},                /* continuation alone */
        {"\xc0\x80", "??"},           /* overlong NUL */
        {"\xc1\xbf", "??"},           /* overlong */
        {"\xe0\x9f\xbf", "???"},      /* overlong */
        {"\xf0\x8f\xbf\xbf", "????"}, /* overlong */
        {"\xed\xa0\x80", "???"},      /* surrogate */
        {"\xf4\x90\x80\x80", "????"}, /* past the last character */
        {"\xff\xfe"
         "b",
         "??b"}, /* never in UTF-8 */
        {"\xe2"
         "abc",
         "?abc"}, /* what follows is kept */
    };
    static const uint16_t alone[] = {'a', 0xdc00, 0xd800, 'b', 0xd800, 0};
    char narrow[64];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint16_t wide[64];

        CHECK(os_utf16_from_utf8(wide, 64, cases[i].utf8));
        os_utf8_from_utf16(narrow, sizeof narrow, wide);
        CHECK_STR(narrow, cases[i].want);
    }
    os_utf8_from_utf16(narrow, sizeof narrow, alone);
    CHECK_STR(narrow, "a??b?");
}

TEST(utf_cut_at_a_character)
{
    static const uint16_t euro[] = {'a', 0x20ac, 0xd83d, 0xde00, 0};
    uint16_t wide[5];
    char narrow[9];

    for (size_t cap = 1; cap <= sizeof narrow; cap++) {
        static const char *const want[] = {"",
                                           "a",
                                           "a",
                                           "a",
                                           "a\xe2\x82\xac",
                                           "a\xe2\x82\xac",
                                           "a\xe2\x82\xac",
                                           "a\xe2\x82\xac",
                                           "a\xe2\x82\xac\xf0\x9f\x98\x80"};

        memset(narrow, 'x', sizeof narrow);
        os_utf8_from_utf16(narrow, cap, euro);
        CHECK_STR(narrow, want[cap - 1]);
    }
    for (size_t cap = 1; cap <= 5; cap++) {
        static const size_t want[] = {0, 1, 2, 2, 4};
        size_t len = 0;

        CHECK(os_utf16_from_utf8(wide, cap, "a\xe2\x82\xac\xf0\x9f\x98\x80") == (cap == 5));
        while (wide[len])
            len++;
        CHECK_INT(len, want[cap - 1]);
    }
    CHECK(!os_utf16_from_utf8(wide, 0, ""));
}

TEST(counts)
{
    unsigned before = os_count_handles();
    struct os_pipe *a, *b;
    static char *volatile block; /* volatile: or the compiler leaves all of it out */

    CHECK(before >= 3 && os_count_threads() >= 1 && os_resident_kib() > 100);
    REQUIRE(os_pipe_pair(&a, &b) == OS_OK);
    CHECK(os_count_handles() >= before + 2);
    os_pipe_destroy(a);
    os_pipe_destroy(b);
    CHECK_INT(os_count_handles(), before);

    before = os_resident_kib();
    block = malloc(16 << 20);
    REQUIRE(block != NULL);
    memset(block, 1, 16 << 20);
    CHECK(os_resident_kib() >= before + 15 * 1024);
    free(block);
}

TEST(last_error)
{
    char text[128] = "", tiny[4];
    struct os_pipe *none;

    CHECK(os_pipe_connect("/nowhere/at/all", &none) != OS_OK);
    CHECK(os_last_error_text(text, sizeof text) == text && *text);
    os_last_error_text(tiny, sizeof tiny);
    CHECK(strlen(tiny) < sizeof tiny);
}
