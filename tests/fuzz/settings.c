/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the configuration file: what is taken is within its bounds and can be told to a peer, what is
 * not comes with a reason. */
#include <sys/mman.h>
#include <unistd.h>

#include "core/settings.h"
#include "fuzz.h"
#include "os/config.h"

static int file = -1;

static void open_file(void)
{
    char path[64];

    file = memfd_create("rdsprov.ini", 0);
    MUST(file >= 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    setenv("RDSPROV_CONFIG", path, 1);
}

static void use(const struct settings *settings)
{
    static uint8_t out[WIRE_MESSAGE_MAX];
    struct link_config config;
    const char *problem;
    char address[64];
    unsigned n = 0;

    while (settings_address(settings, n, address, sizeof address))
        n++;
    MUST(n >= 1 && n <= SETTINGS_ADDRESSES_MAX);
    MUST(settings->port <= 65535 && settings->log_level <= 3 && settings->peer_program[0]);
    settings_to_link(settings, 1, &config);
    MUST(wire_encode(&link_table, LINK_CONFIG, &config, out, sizeof out, &problem) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct os_config *config = NULL;
    struct settings settings;
    char problem[1024];

    if (file < 0)
        open_file();
    MUST(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);

    if (settings_read(&settings, "RDSPROV", problem, sizeof problem) == OS_OK)
        use(&settings);
    else
        must_be_a_line(problem);

    if (os_config_open("Other", &config, problem, 256) == OS_OK) {
        const char *key, *value;

        for (unsigned i = 0; os_config_at(config, i, &key, &value); i++)
            MUST(key[0] && os_config_get(config, key) == value && strlen(value) < OS_CONFIG_VALUE_MAX);
    } else {
        must_be_a_line(problem);
    }
    os_config_destroy(config);
    return 0;
}
