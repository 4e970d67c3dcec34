/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The test runner of all unit tests, for Linux and Windows alike. A test file holds TEST(name) { ... } blocks
 * and nothing else; each registers itself and the program runs all of them, or those named on its command
 * line. CHECK goes on after a failure, REQUIRE leaves the test. Both may be used on several threads (REQUIRE
 * only in functions that return void). A test that checked nothing fails. Exit code: 0 all good, 1 failures,
 * 2 no such test. A file that needs its own main (to be its own child process) defines CHECK_OWN_MAIN and
 * calls check_run.
 */
#ifndef RDSPROV_UNIT_CHECK_H
#define RDSPROV_UNIT_CHECK_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct check_test {
    const char *name;
    void (*run)(void);
    int line;
    struct check_test *next;
};

static struct check_test *check_tests;
static _Atomic unsigned check_done, check_failed;

#define CHECK(cond) check_that((cond), #cond, __FILE__, __LINE__)
#define REQUIRE(cond)                                                                                        \
    do {                                                                                                     \
        if (!CHECK(cond))                                                                                    \
            return;                                                                                          \
    } while (0)
#define CHECK_INT(got, want) check_int((long long)(got), (long long)(want), #got, __FILE__, __LINE__)
#define CHECK_STR(got, want) check_str((got), (want), #got, __FILE__, __LINE__)

/* Constructors run in any order; the list is kept in the order of the lines. */
#define TEST(id)                                                                                             \
    static void test_##id(void);                                                                             \
    __attribute__((constructor)) static void check_register_##id(void)                                       \
    {                                                                                                        \
        static struct check_test test = {#id, test_##id, __LINE__, NULL};                                    \
        check_register(&test);                                                                               \
    }                                                                                                        \
    static void test_##id(void)

static inline void check_register(struct check_test *test)
{
    struct check_test **at = &check_tests;

    while (*at && (*at)->line < test->line)
        at = &(*at)->next;
    test->next = *at;
    *at = test;
}

static inline bool check_that(bool good, const char *what, const char *file, int line)
{
    check_done++;
    if (!good) {
        check_failed++;
        fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
    }
    return good;
}

static inline bool check_int(long long got, long long want, const char *what, const char *file, int line)
{
    char text[256];

    snprintf(text, sizeof text, "%.150s is %lld (0x%llx), want %lld (0x%llx)", what, got,
             (unsigned long long)got, want, (unsigned long long)want);
    return check_that(got == want, text, file, line);
}

static inline bool check_str(const char *got, const char *want, const char *what, const char *file, int line)
{
    char text[1024];
    bool good = got && want ? strcmp(got, want) == 0 : got == want;

    snprintf(text, sizeof text, "%.150s is \"%.400s\", want \"%.400s\"", what, got ? got : "(null)",
             want ? want : "(null)");
    return check_that(good, text, file, line);
}

static inline bool check_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc < 2;
}

static inline int check_run(int argc, char **argv)
{
    unsigned ran = 0;

    for (struct check_test *test = check_tests; test; test = test->next) {
        unsigned done = check_done, failed = check_failed;

        if (!check_wanted(test->name, argc, argv))
            continue;
        ran++;
        test->run();
        if (check_done == done) {
            check_failed++;
            fprintf(stderr, "%s: checked nothing\n", test->name);
        }
        printf("%s %s (%u checks)\n", check_failed == failed ? "ok  " : "FAIL", test->name,
               check_done - done);
        fflush(stdout);
    }
    printf("%u tests, %u checks, %u failed\n", ran, check_done, check_failed);
    return ran == 0 ? 2 : check_failed != 0;
}

#ifndef CHECK_OWN_MAIN
int main(int argc, char **argv)
{
    return check_run(argc, argv);
}
#endif

#endif
