/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "core/settings.h"

static struct settings settings;
static char problem[1024], path[64];

/* Reads one ini text as the listener "L". */
static enum os_status read_text(const char *text)
{
    enum os_status status;
    FILE *file;
    int fd;

    snprintf(path, sizeof(path), "/tmp/rdsprov-settings.XXXXXX");
    fd = mkstemp(path);
    if (!CHECK(fd >= 0))
        return OS_FAILED;
    file = fdopen(fd, "w");
    fputs(text, file);
    fclose(file);
    setenv("RDSPROV_CONFIG", path, 1);
    status = settings_read(&settings, "L", problem, sizeof(problem));
    unlink(path);
    return status;
}

TEST(defaults)
{
    char address[64];

    CHECK_INT(read_text("[L]\n"), OS_OK);
    CHECK_INT(settings.port, 3389);
    CHECK_INT(settings.security, LINK_SECURITY_ANY);
    CHECK_INT(settings.step_timeout, 15);
    CHECK_INT(settings.auth_timeout, 120);
    CHECK_INT(settings.peer_timeout, 60);
    CHECK_INT(settings.max_half_open, 64);
    CHECK_INT(settings.max_per_source, 16);
    CHECK_INT(settings.desktop_width, 0);
    CHECK_STR(settings.display_driver_id, "rdsprov_idd");
    CHECK_INT(settings.deny_initial_program, 0);
    CHECK_INT(settings.h264, 0);
    CHECK(settings_address(&settings, 0, address, sizeof(address)));
    CHECK_STR(address, "0.0.0.0");
    CHECK(settings_address(&settings, 1, address, sizeof(address)));
    CHECK_STR(address, "::");
    CHECK(!settings_address(&settings, 2, address, sizeof(address)));
    CHECK(strstr(settings.peer_program, "/rdsprov-peer") != NULL);
}

TEST(values)
{
    struct link_config config;

    CHECK_INT(
        read_text(
            "[other]\nport = 1\n[L]\nPORT = 3390\nsecurity=NLA\nkey-type = ecdsa\ndesktop-size=1024x768\n"
            "certificate = /a b/c.pem\nstep-timeout = 2\nspare-peers=0\nmake-certificate=no\n"),
        OS_OK);
    CHECK_INT(settings.port, 3390);
    CHECK_INT(settings.security, LINK_SECURITY_NLA);
    CHECK_INT(settings.key_type, LINK_KEY_ECDSA);
    CHECK_INT(settings.desktop_width, 1024);
    CHECK_INT(settings.desktop_height, 768);
    CHECK_STR(settings.certificate, "/a b/c.pem");
    CHECK_INT(settings.spare_peers, 0);
    CHECK_INT(settings.make_certificate, 0);
    settings_to_link(&settings, 77, &config);
    CHECK_INT(config.connection, 77);
    CHECK_INT(config.step_timeout_ms, 2000);
    CHECK_STR(config.certificate, "/a b/c.pem");
}

/* Each wrong line is refused in one line that names file, key and value. */
TEST(wrong_values_are_named)
{
    static const struct {
        const char *line, *key, *value;
    } wrong[] = {
        {"port = 65536", "port", "65536"},
        {"port = -1", "port", "-1"},
        {"port = 33 90", "port", "33 90"},
        {"port =", "port", ""},
        {"port = 99999999999999999999", "port", "99999999999999999999"},
        {"security = none", "security", "none"},
        {"desktop-size = 1024", "desktop-size", "1024"},
        {"desktop-size = 1x1", "desktop-size", "1x1"},
        {"desktop-size = 8192x8192", "desktop-size", "8192x8192"},
        {"step-timeout = 0", "step-timeout", "0"},
        {"make-certificate = maybe", "make-certificate", "maybe"},
        {"address = ,", "address", ","},
        {"display-driver-id = two words", "display-driver-id", "two words"},
        {"display-driver-id = a,b", "display-driver-id", "a,b"},
        {"display-driver-id =", "display-driver-id", ""},
        {"initial-program = maybe", "initial-program", "maybe"},
        {"colour = blue", "colour", ""},
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char text[256];

        snprintf(text, sizeof(text), "[L]\n%s\n", wrong[i].line);
        CHECK_INT(read_text(text), OS_INVALID);
        if (!CHECK(strstr(problem, path) && strstr(problem, wrong[i].key) && strstr(problem, wrong[i].value)))
            fprintf(stderr, "  %s -> %s\n", wrong[i].line, problem);
        CHECK(strchr(problem, '\n') == NULL);
    }
}

TEST(a_missing_place_is_named)
{
    CHECK_INT(read_text("[other]\nport = 1\n"), OS_NOT_FOUND);
    CHECK(problem[0] != 0);
    setenv("RDSPROV_CONFIG", "/nonexistent/rdsprov.ini", 1);
    CHECK_INT(settings_read(&settings, "L", problem, sizeof(problem)), OS_NOT_FOUND);
    CHECK(strstr(problem, "/nonexistent/rdsprov.ini") != NULL);
}
