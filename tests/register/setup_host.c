/* SPDX-License-Identifier: Apache-2.0 */
/* rdsprov-setup over a registry in memory, for tests that look at what it prints. */
#include "fake_registry.h"
#include "register/setup.h"

int main(int argc, char **argv)
{
    struct fake_registry *fake = fake_machine();
    struct setup_host host = {
        .registry = &fake->base, .out = stdout, .directory = "C:\\Program Files\\rdsprov", .separator = '\\'};
    int code = setup_run(&host, argc, argv);

    registry_destroy(&fake->base);
    return code;
}
