/* SPDX-License-Identifier: Apache-2.0 */
#include "os_test.h"

#include "os/config_values.h"

#include <stdlib.h>

static char problem[256];

static enum os_status parse(const char *text, const char *listener, struct os_config **out)
{
    enum os_status status;

    *out = config_values_create("the place");
    memset(problem, 'x', sizeof problem);
    status = config_ini_parse("test.ini", text, strlen(text), listener, *out, problem, sizeof problem);
    if (status != OS_OK) {
        os_config_destroy(*out);
        *out = NULL;
    }
    return status;
}

TEST(values)
{
    static const char text[] = "# a comment\n"
                               "\n"
                               "[Other]\n"
                               "port = 1\n"
                               " [ RDP-Tcp ] \n"
                               "  Port=3390\n"
                               "address =  0.0.0.0  \t\n"
                               "   # indented comment\n"
                               "empty =\n"
                               "secret = p#a=s s;\"w\" \n"
                               "name\t=\t\xc3\xa4\n"
                               "[Last]\n"
                               "port = 2";
    struct os_config *config;
    const char *key, *value;

    REQUIRE(parse(text, "rdp-tcp", &config) == OS_OK);
    CHECK_STR(problem, "");
    CHECK_STR(os_config_get(config, "port"), "3390");
    CHECK_STR(os_config_get(config, "PORT"), "3390");
    CHECK_STR(os_config_get(config, "address"), "0.0.0.0");
    CHECK_STR(os_config_get(config, "empty"), "");
    CHECK_STR(os_config_get(config, "secret"), "p#a=s s;\"w\"");
    CHECK_STR(os_config_get(config, "name"), "\xc3\xa4");
    CHECK(os_config_get(config, "missing") == NULL && os_config_get(config, "por") == NULL);
    CHECK_STR(os_config_place(config), "the place");
    CHECK(os_config_at(config, 0, &key, &value) && strcmp(key, "Port") == 0 && strcmp(value, "3390") == 0);
    CHECK(os_config_at(config, 4, &key, &value) && strcmp(key, "name") == 0);
    CHECK(!os_config_at(config, 5, &key, &value));
    os_config_destroy(config);
    os_config_destroy(NULL);

    REQUIRE(parse(text, "LAST", &config) == OS_OK);
    CHECK_STR(os_config_get(config, "port"), "2");
    os_config_destroy(config);
}

TEST(ends_of_lines)
{
    static const char *const texts[] = {"[a]\r\nk = v\r\nl = w\r\n", "[a]\nk = v\nl = w", "[a]\r\nk=v\nl=w\r",
                                        "\xef\xbb\xbf[a]\nk=v\nl=w\n\n\n"};

    for (size_t i = 0; i < 4; i++) {
        struct os_config *config;

        REQUIRE(parse(texts[i], "a", &config) == OS_OK);
        CHECK_STR(os_config_get(config, "k"), "v");
        CHECK_STR(os_config_get(config, "l"), "w");
        os_config_destroy(config);
    }
}

TEST(problems)
{
    static const struct {
        const char *text;
        enum os_status want;
        const char *problem;
    } cases[] = {
        {"", OS_NOT_FOUND, "test.ini: no section [a]"},
        {"[b]\nk=v\n", OS_NOT_FOUND, "test.ini: no section [a]"},
        {"k = v\n[a]\n", OS_INVALID, "test.ini, line 1: key \"k\" comes before the first [section]"},
        {"[a]\nnonsense\n", OS_INVALID, "test.ini, line 2: neither [section], key = value nor # comment"},
        {"[a]\n\n; old comment\n", OS_INVALID,
         "test.ini, line 3: neither [section], key = value nor # comment"},
        {"[a]\n = v\n", OS_INVALID, "test.ini, line 2: no key before '='"},
        {"[a\nk=v\n", OS_INVALID, "test.ini, line 1: a section must end with ']'"},
        {"[]\n", OS_INVALID, "test.ini, line 1: a section's name must have 1 to 63 bytes"},
        {"[a] # x\n", OS_INVALID, "test.ini, line 1: a section must end with ']'"},
        {"[a]b]\n", OS_INVALID, "test.ini, line 1: a section's name must not contain brackets"},
        {"[a]\nk=1\n[b]\n[A]\n", OS_INVALID, "test.ini, line 4: section [A] comes twice"},
        {"[a]\nk=1\nl=2\nK=3\n", OS_INVALID, "test.ini, line 4: key \"K\" comes twice in [a]"},
        {"[b]\nk=1\nk=1\n[a]\n", OS_INVALID, "test.ini, line 3: key \"k\" comes twice in [b]"},
        {"[a]\nk=1\nb\xc3\xa4=2\n", OS_INVALID,
         "test.ini, line 3: key \"b\xc3\xa4\" has a character that is not allowed"},
        {"[a]\nk=\x01\n", OS_INVALID, "test.ini, line 2: control character"},
        {"[a]\n# \x1b[31m\n", OS_INVALID, "test.ini, line 2: control character"},
        {"[a]\nk=\xff\n", OS_INVALID, "test.ini, line 2: not UTF-8"},
        {"[a]\nk=v\rl=w\n", OS_INVALID, "test.ini, line 2: control character"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct os_config *config;

        CHECK_INT(parse(cases[i].text, "a", &config), cases[i].want);
        CHECK_STR(problem, cases[i].problem);
        os_config_destroy(config);
    }

    struct os_config *config = config_values_create("x"); /* a NUL */
    CHECK_INT(config_ini_parse("test.ini", "[a]\nk=v\0w\n", 10, "a", config, problem, sizeof problem),
              OS_INVALID);
    CHECK_STR(problem, "test.ini, line 2: control character");
    os_config_destroy(config);
}

static char *repeat(char *at, const char *fmt, unsigned from, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        at += sprintf(at, fmt, from + i);
    return at;
}

TEST(caps)
{
    static char text[OS_CONFIG_FILE_MAX * 2];
    struct os_config *config;
    char *at;

    /* a value of the largest length, and one more */
    for (size_t more = 0; more < 2; more++) {
        at = text + sprintf(text, "[a]\nk = ");
        memset(at, 'v', OS_CONFIG_VALUE_MAX - 1 + more);
        at[OS_CONFIG_VALUE_MAX - 1 + more] = 0;
        CHECK_INT(parse(text, "a", &config), more ? OS_INVALID : OS_OK);
        CHECK_STR(problem, more ? "test.ini, line 2: the value of \"k\" has more than 1023 bytes" : "");
        os_config_destroy(config);
    }
    at = text + sprintf(text, "[a]\n");
    memset(at, 'k', CONFIG_KEY_MAX);
    strcpy(at + CONFIG_KEY_MAX, "=v");
    CHECK_INT(parse(text, "a", &config), OS_INVALID);
    CHECK_STR(problem, "test.ini, line 2: a key must have at most 63 bytes");

    at = text + sprintf(text, "[a]\nk = ");
    memset(at, 'v', 5000);
    at[5000] = 0;
    CHECK_INT(parse(text, "a", &config), OS_INVALID);
    CHECK(strstr(problem, "test.ini, line 2: line is longer than") == problem);

    for (unsigned more = 0; more < 2; more++) {
        repeat(text + sprintf(text, "[a]\n"), "key%u = v\n", 0, CONFIG_VALUES_MAX + more);
        CHECK_INT(parse(text, "a", &config), more ? OS_INVALID : OS_OK);
        os_config_destroy(config);
    }
    CHECK_STR(problem, "test.ini, line 258: more than 256 keys in one section");

    repeat(text, "[section%u]\n", 0, 65);
    CHECK_INT(parse(text, "section0", &config), OS_INVALID);
    CHECK_STR(problem, "test.ini, line 65: more than 64 sections");

    for (size_t more = 0; more < 2; more++) {
        size_t len = OS_CONFIG_FILE_MAX + more;

        at = text + sprintf(text, "[a]\nk=v\n");
        memset(at, '\n', len);
        text[len] = 0;
        CHECK_INT(parse(text, "a", &config), more ? OS_TOO_BIG : OS_OK);
        os_config_destroy(config);
    }
    CHECK_STR(problem, "test.ini: larger than 262144 bytes");
}

TEST(adding)
{
    struct os_config *config = config_values_create("x");

    CHECK_INT(config_values_add(config, "Max Idle", "1"), OS_OK);
    CHECK_INT(config_values_add(config, "max idle", "2"), OS_BUSY);
    CHECK_INT(config_values_add(config, "", "1"), OS_INVALID);
    CHECK_INT(config_values_add(config, " x", "1"), OS_INVALID);
    CHECK_INT(config_values_add(config, "x", "a\nb"), OS_INVALID);
    CHECK_INT(config_values_add(config, "x", "a\tb"), OS_OK);
    CHECK_STR(os_config_get(config, "MAX IDLE"), "1");
    os_config_destroy(config);
}

#ifndef _WIN32
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], file[96];

static bool use_directory(void)
{
    strcpy(dir, "/tmp/rdsprov-unit-XXXXXX");
    if (!mkdtemp(dir))
        return false;
    snprintf(file, sizeof file, "%s/test.ini", dir);
    return setenv("RDSPROV_CONFIG", file, 1) == 0;
}

static void write_file(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");

    CHECK(out && fputs(text, out) >= 0 && fclose(out) == 0);
}

TEST(from_a_file)
{
    struct os_config *config = (void *)1;
    char want[256];
    FILE *out;

    REQUIRE(use_directory());
    CHECK_INT(os_config_open("RDP-Tcp", &config, problem, sizeof problem), OS_NOT_FOUND);
    CHECK(config == NULL);
    snprintf(want, sizeof want, "%s: cannot be read: not found", file);
    CHECK_STR(problem, want);

    write_file(file, "[RDP-Tcp]\nport = 3390\n");
    REQUIRE(os_config_open("RDP-Tcp", &config, problem, sizeof problem) == OS_OK);
    CHECK_STR(os_config_get(config, "port"), "3390");
    snprintf(want, sizeof want, "file %s, [RDP-Tcp]", file);
    CHECK_STR(os_config_place(config), want);
    os_config_destroy(config);
    CHECK_INT(os_config_open("Other", &config, problem, sizeof problem), OS_NOT_FOUND);
    snprintf(want, sizeof want, "%s: no section [Other]", file);
    CHECK_STR(problem, want);

    write_file(file, "[RDP-Tcp]\nport\n");
    CHECK_INT(os_config_open("RDP-Tcp", &config, problem, sizeof problem), OS_INVALID);
    snprintf(want, sizeof want, "%s, line 2: neither [section], key = value nor # comment", file);
    CHECK_STR(problem, want);

    out = fopen(file, "w");
    REQUIRE(out != NULL);
    for (int i = 0; i < 20000; i++)
        fprintf(out, "# a line of a huge file\n");
    fclose(out);
    CHECK_INT(os_config_open("RDP-Tcp", &config, problem, sizeof problem), OS_TOO_BIG);
    snprintf(want, sizeof want, "%s: larger than 262144 bytes", file);
    CHECK_STR(problem, want);

    unlink(file);
    CHECK(mkfifo(file, 0600) == 0); /* must not block */
    CHECK_INT(os_config_open("RDP-Tcp", &config, problem, sizeof problem), OS_INVALID);
    snprintf(want, sizeof want, "%s: not a regular file", file);
    CHECK_STR(problem, want);
    unlink(file);
    CHECK(mkdir(file, 0700) == 0);
    CHECK_INT(os_config_open("RDP-Tcp", &config, problem, sizeof problem), OS_INVALID);
    rmdir(file);
    rmdir(dir);
}

static bool signalled(struct os_config_watch *watch, int ms)
{
    struct pollfd wait = {.fd = os_config_watch_waitable(watch), .events = POLLIN};

    return poll(&wait, 1, ms) == 1;
}

TEST(watch)
{
    unsigned handles = os_count_handles();
    struct os_config_watch *watch;
    struct os_config *config;
    char other[128];

    setenv("RDSPROV_CONFIG", "/no/such/directory/test.ini", 1);
    CHECK_INT(os_config_watch_create("RDP-Tcp", &watch), OS_NOT_FOUND);
    CHECK(watch == NULL);

    REQUIRE(use_directory());
    snprintf(other, sizeof other, "%s.new", file);
    REQUIRE(os_config_watch_create("RDP-Tcp", &watch) == OS_OK); /* before the file is there */
    CHECK(!signalled(watch, 0));
    write_file(file, "[RDP-Tcp]\nport = 1\n"); /* made */
    CHECK(signalled(watch, PATIENCE_MS));
    os_config_watch_reset(watch);
    CHECK(!signalled(watch, 0));
    REQUIRE(os_config_open("RDP-Tcp", &config, problem, sizeof problem) == OS_OK); /* reading is no change */
    os_config_destroy(config);
    CHECK(!signalled(watch, 20));

    write_file(file, "[RDP-Tcp]\nport = 2\n"); /* written over */
    CHECK(signalled(watch, PATIENCE_MS));
    os_config_watch_reset(watch);
    write_file(other, "[RDP-Tcp]\nport = 3\n");
    os_config_watch_reset(watch);
    CHECK(rename(other, file) == 0); /* replaced, as editors do */
    CHECK(signalled(watch, PATIENCE_MS));
    os_config_watch_reset(watch);
    unlink(file);
    CHECK(signalled(watch, PATIENCE_MS));
    os_config_watch_destroy(watch);
    os_config_watch_destroy(NULL);
    rmdir(dir);
    CHECK_INT(os_count_handles(), handles);
}
#endif
