/* SPDX-License-Identifier: Apache-2.0 */
#include "register/setup.h"

#include <stdlib.h>
#include <string.h>

#include "register/class_table.h"
#include "register/manifest.h"
#include "register/preflight.h"

#define DEFAULT_LISTENER "rdsprov-tcp"
#define DEFAULT_PORT 3390
#define DEFAULT_LOG_FILE "C:\\ProgramData\\rdsprov\\rdsprov.log"
#define PATH_MAX_BYTES 1024
#define PROBLEM_MAX 1024

struct setup {
    const struct setup_host *host;
    FILE *out;
    struct plan_options options;
    bool skip_preflight, plan_only;
    char dll[PATH_MAX_BYTES], manifest[PATH_MAX_BYTES];
    char problem[PROBLEM_MAX];
};

static void usage(FILE *out)
{
    fprintf(out,
            "usage: rdsprov-setup COMMAND [options]\n"
            "Installs a listener of this provider beside RDP-Tcp, which is only read.\n\n"
            "  plan        say what install would change; change nothing\n"
            "  install     do it; a manifest with what was there before is written first\n"
            "  verify      compare the registry with the manifest, make an object of the class\n"
            "  uninstall   take everything back\n"
            "  preflight   what stands against it on this machine\n"
            "  emergency   print how to undo without this program\n"
            "  paths       print the registry keys that are read and written\n\n"
            "  --listener NAME   (" DEFAULT_LISTENER ")\n"
            "  --port N          (%d)\n"
            "  --dll PATH        (rdsprov.dll beside this program)\n"
            "  --log-file PATH   (" DEFAULT_LOG_FILE ")\n"
            "  --manifest PATH   (NAME.manifest beside this program)\n"
            "  --plan            with install, uninstall: say what would be done; change nothing\n"
            "  --enable          have the service listen; refused without a verified display driver\n"
            "  --skip-preflight  install on a machine that preflight is against (laboratory)\n\n"
            "exit code: 0 done, 1 failed, 2 usage, 3 BLOCKED (nothing changed), 4 not as installed\n",
            DEFAULT_PORT);
}

static int blocked(struct setup *self, const char *why)
{
    fprintf(self->out, "BLOCKED: %s\n", why);
    return SETUP_BLOCKED;
}

static int failed(struct setup *self, const char *what, const char *why)
{
    fprintf(self->out, "FAILED: %s: %s\n", what, why);
    return SETUP_FAILED;
}

static void emergency(struct setup *self)
{
    const char *const in_set = &TABLE_STATIONS_KEY[sizeof("SYSTEM\\CurrentControlSet") - 1];
    const char *const in_software = &CLASS_KEY[sizeof("SOFTWARE") - 1];
    const char *name = self->options.listener;

    fprintf(self->out,
            "To undo without this program, as an administrator:\n"
            "  reg delete \"HKLM\\%s\\%s\" /f\n"
            "  reg delete \"HKLM\\%s\" /f\n"
            "  net stop UmRdpService\n"
            "  net stop TermService\n"
            "  net start TermService\n",
            TABLE_STATIONS_KEY, name, CLASS_KEY);
    fprintf(self->out,
            "From a recovery console, whose own HKLM is not the installed system's (D: is that system's "
            "drive there):\n"
            "  reg load HKLM\\OFFLINE D:\\Windows\\System32\\config\\SYSTEM\n"
            "  reg query HKLM\\OFFLINE\\Select /v Current    (1 means ControlSet001)\n"
            "  reg delete \"HKLM\\OFFLINE\\ControlSet001%s\\%s\" /f\n"
            "  reg unload HKLM\\OFFLINE\n"
            "  reg load HKLM\\OFFLINE D:\\Windows\\System32\\config\\SOFTWARE\n"
            "  reg delete \"HKLM\\OFFLINE%s\" /f\n"
            "  reg unload HKLM\\OFFLINE\n"
            "Without the first key nothing loads the DLL; RDP-Tcp was never changed.\n",
            in_set, name, in_software);
}

static void paths(FILE *out)
{
    for (size_t i = 0; i < table_place_count; i++)
        fprintf(out, "%s\tHKLM\\%s\t%s\n", table_places[i].written ? "write" : "read", table_places[i].path,
                table_places[i].what);
}

/* The plan of the manifest. OS_NOT_FOUND: there is none. */
static enum os_status read_manifest(struct setup *self, struct plan *plan, bool *complete)
{
    char *text = NULL;
    enum os_status status;

    memset(plan, 0, sizeof(*plan));
    status = file_read(self->manifest, &text);
    if (status == OS_OK)
        status = manifest_parse(text, plan, complete, self->problem, sizeof(self->problem));
    else
        snprintf(self->problem, sizeof(self->problem), "%s", os_status_text(status));
    free(text);
    if (status == OS_OK && !registry_same_name(plan->listener, self->options.listener)) {
        snprintf(self->problem, sizeof(self->problem), "is for listener '%s'", plan->listener);
        plan_finish(plan);
        return OS_INVALID;
    }
    return status;
}

static enum os_status write_manifest(struct setup *self, const struct plan *plan, bool complete)
{
    char *text = manifest_format(plan, complete);
    enum os_status status = text ? file_write(self->manifest, text) : OS_NO_MEMORY;

    if (text)
        os_wipe(text, strlen(text));
    free(text);
    return status;
}

/* Installed already: is it what is asked for? */
static int again(struct setup *self, const struct plan *plan, bool complete)
{
    if (!complete)
        return blocked(self, "an earlier installation stopped half-way: uninstall takes it back");
    if (plan->port != self->options.port || plan->enabled != self->options.enable ||
        !registry_same_name(plan->dll, self->options.dll))
        return blocked(self, "installed already with another port, DLL or --enable: uninstall first");
    if (plan_verify(plan, self->host->registry, self->out) > 0)
        return blocked(self, "installed already, and changed since: uninstall first");
    fprintf(self->out, "Installed already; nothing to do.\n");
    return SETUP_DONE;
}

static int command_plan(struct setup *self)
{
    struct plan plan;
    bool complete = false;
    unsigned against;
    int code;

    if (read_manifest(self, &plan, &complete) == OS_OK) {
        code = again(self, &plan, complete);
        plan_finish(&plan);
        return code;
    }
    against = preflight_run(self->host->registry, self->out);
    if (plan_make(&plan, self->host->registry, &self->options, self->problem, sizeof(self->problem)) != OS_OK)
        return blocked(self, self->problem);
    plan_print(&plan, self->out);
    plan_finish(&plan);
    emergency(self);
    fprintf(self->out, "Nothing has been changed.\n");
    return against > 0 && !self->skip_preflight ? SETUP_BLOCKED : SETUP_DONE;
}

static int take_back(struct setup *self, const struct plan *plan)
{
    char why[PROBLEM_MAX];

    if (plan_undo(plan, self->host->registry, self->out, why, sizeof(why)) != OS_OK) {
        fprintf(self->out, "FAILED: not everything could be taken back: %s\n", why);
        emergency(self);
        return SETUP_FAILED;
    }
    if (file_delete(self->manifest) != OS_OK)
        fprintf(self->out, "note: the manifest '%s' could not be deleted\n", self->manifest);
    fprintf(self->out, "The registry is as it was.\n");
    return SETUP_FAILED;
}

static int do_install(struct setup *self, const struct plan *plan)
{
    enum os_status status = write_manifest(self, plan, false);

    if (status != OS_OK)
        return failed(self, self->manifest, os_status_text(status));
    if (plan_apply(plan, self->host->registry, self->problem, sizeof(self->problem)) != OS_OK) {
        failed(self, "install", self->problem);
        return take_back(self, plan);
    }
    if (plan_fingerprint(self->host->registry, TABLE_SOURCE_KEY) != plan->source) {
        failed(self, "install", "RDP-Tcp was changed by somebody meanwhile");
        return take_back(self, plan);
    }
    status = write_manifest(self, plan, true);
    if (status != OS_OK) {
        failed(self, self->manifest, os_status_text(status));
        return take_back(self, plan);
    }
    fprintf(self->out, "RDP-Tcp is untouched. What was there before is in '%s'.\n", self->manifest);
    emergency(self);
    fprintf(self->out, "Installed: listener %s, port %u, %s. The service reads it when it starts.\n",
            plan->listener, plan->port, plan->enabled ? "enabled" : "not enabled");
    return SETUP_DONE;
}

static int command_install(struct setup *self)
{
    struct plan plan;
    bool complete = false;
    enum os_status status;
    int code;

    if (self->plan_only)
        return command_plan(self);
    status = read_manifest(self, &plan, &complete);
    if (status == OS_OK) {
        code = again(self, &plan, complete);
        plan_finish(&plan);
        return code;
    }
    if (status != OS_NOT_FOUND)
        return failed(self, self->manifest, self->problem);
    if (preflight_run(self->host->registry, self->out) > 0 && !self->skip_preflight)
        return blocked(self, "see above");
    if (plan_make(&plan, self->host->registry, &self->options, self->problem, sizeof(self->problem)) != OS_OK)
        return blocked(self, self->problem);
    plan_print(&plan, self->out);
    code = do_install(self, &plan);
    plan_finish(&plan);
    return code;
}

static int command_verify(struct setup *self)
{
    struct plan plan;
    bool complete = false;
    enum os_status status = read_manifest(self, &plan, &complete);
    unsigned differences;
    char why[256] = "";

    if (status != OS_OK) {
        fprintf(self->out, "differs: manifest '%s': %s\n", self->manifest, self->problem);
        return SETUP_DIFFERS;
    }
    differences = plan_verify(&plan, self->host->registry, self->out);
    if (!complete) {
        fprintf(self->out, "differs: the installation stopped half-way\n");
        differences++;
    }
    if (plan_fingerprint(self->host->registry, TABLE_SOURCE_KEY) == plan.source)
        fprintf(self->out, "ok: RDP-Tcp is as it was when it was copied\n");
    else
        fprintf(self->out, "note: RDP-Tcp has changed since it was copied\n");
    if (self->host->activate && self->host->activate(why, sizeof(why)) != OS_OK) {
        fprintf(self->out, "differs: the class cannot be activated: %s\n", why);
        differences++;
    } else if (self->host->activate) {
        fprintf(self->out, "ok: the class can be activated\n");
    }
    if (differences == 0)
        fprintf(self->out, "ok: listener %s, port %u, %s: as installed\n", plan.listener, plan.port,
                plan.enabled ? "enabled" : "not enabled");
    plan_finish(&plan);
    return differences > 0 ? SETUP_DIFFERS : SETUP_DONE;
}

static int command_uninstall(struct setup *self)
{
    struct plan plan;
    bool complete = false;
    enum os_status status = read_manifest(self, &plan, &complete);

    if (status == OS_NOT_FOUND) {
        fprintf(self->out, "There is no manifest '%s': not installed by this program.\n", self->manifest);
        return self->host->registry->impl->key_exists(self->host->registry, CLASS_KEY) == OS_OK
                   ? blocked(self, "but the class is registered: regsvr32 /u rdsprov.dll, or see 'emergency'")
                   : SETUP_DONE;
    }
    if (status != OS_OK)
        return failed(self, self->manifest, self->problem);
    if (self->plan_only) {
        fprintf(self->out, "would take back, last first, what of this is there:\n");
        plan_print(&plan, self->out);
        plan_finish(&plan);
        fprintf(self->out, "Nothing has been changed.\n");
        return SETUP_DONE;
    }
    status = plan_undo(&plan, self->host->registry, self->out, self->problem, sizeof(self->problem));
    plan_finish(&plan);
    if (status != OS_OK) {
        emergency(self);
        return status == OS_BUSY ? blocked(self, self->problem) : failed(self, "uninstall", self->problem);
    }
    status = file_delete(self->manifest);
    if (status != OS_OK)
        return failed(self, self->manifest, os_status_text(status));
    fprintf(self->out,
            "Uninstalled; the registry is as it was. The service forgets the listener when it starts.\n");
    return SETUP_DONE;
}

static bool parse_port(const char *text, uint32_t *out)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    *out = (uint32_t)value;
    return *text >= '0' && *text <= '9' && *end == 0 && value >= 1 && value <= 65535;
}

static bool parse(struct setup *self, int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        const char *word = argv[i], *value;

        if (strcmp(word, "--enable") == 0) {
            self->options.enable = true;
            continue;
        }
        if (strcmp(word, "--plan") == 0) {
            self->plan_only = true;
            continue;
        }
        if (strcmp(word, "--skip-preflight") == 0) {
            self->skip_preflight = true;
            continue;
        }
        if (i + 1 >= argc || strlen(argv[i + 1]) >= PATH_MAX_BYTES) {
            fprintf(self->out, "%s: unknown, or its value is missing or too long\n", word);
            return false;
        }
        value = argv[++i];
        if (strcmp(word, "--listener") == 0) {
            self->options.listener = value;
        } else if (strcmp(word, "--dll") == 0) {
            snprintf(self->dll, sizeof(self->dll), "%s", value);
        } else if (strcmp(word, "--manifest") == 0) {
            snprintf(self->manifest, sizeof(self->manifest), "%s", value);
        } else if (strcmp(word, "--log-file") == 0) {
            self->options.log_file = value;
        } else if (strcmp(word, "--port") != 0) {
            fprintf(self->out, "%s: unknown\n", word);
            return false;
        } else if (!parse_port(value, &self->options.port)) {
            fprintf(self->out, "--port '%s': a number from 1 to 65535\n", value);
            return false;
        }
    }
    return true;
}

int setup_run(const struct setup_host *host, int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(struct setup *self);
    } commands[] = {{"plan", command_plan},
                    {"install", command_install},
                    {"verify", command_verify},
                    {"uninstall", command_uninstall}};
    struct setup self = {.host = host, .out = host->out};
    char why[128];

    self.options.listener = DEFAULT_LISTENER;
    self.options.port = DEFAULT_PORT;
    self.options.log_file = DEFAULT_LOG_FILE;
    self.options.driver_verified = host->driver_verified;
    self.options.driver_arg = host->driver_arg;
    if (argc < 2 || strcmp(argv[1], "--help") == 0) {
        usage(host->out);
        return argc < 2 ? SETUP_USAGE : SETUP_DONE;
    }
    if (!parse(&self, argc, argv))
        return SETUP_USAGE;
    if (!table_check_listener(self.options.listener, why, sizeof(why))) {
        fprintf(host->out, "--listener '%s': %s\n", self.options.listener, why);
        return SETUP_USAGE;
    }
    if (!self.dll[0])
        snprintf(self.dll, sizeof(self.dll), "%s%crdsprov.dll", host->directory, host->separator);
    if (!self.manifest[0])
        snprintf(self.manifest, sizeof(self.manifest), "%s%c%s.manifest", host->directory, host->separator,
                 self.options.listener);
    self.options.dll = self.dll;
    if (strcmp(argv[1], "paths") == 0) {
        paths(host->out);
        return SETUP_DONE;
    }
    if (strcmp(argv[1], "emergency") == 0) {
        emergency(&self);
        return SETUP_DONE;
    }
    if (strcmp(argv[1], "preflight") == 0)
        return preflight_run(host->registry, host->out) > 0 ? SETUP_BLOCKED : SETUP_DONE;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(&self);
    }
    fprintf(host->out, "%s: no such command (see --help)\n", argv[1]);
    return SETUP_USAGE;
}
