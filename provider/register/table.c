/* SPDX-License-Identifier: Apache-2.0 */
#include "register/table.h"

#include <stdio.h>
#include <string.h>

#include "register/class_table.h"
#include "register/preflight.h"

const struct table_rule table_rules[] = {
    {TABLE_MARKER, RULE_MARKER, 0, 0, NULL, "says whose key this is, before anything else is in it"},
    {"fEnableWinStation", RULE_SWITCH, 0, 1, NULL, "0: the service makes no listener of the key"},
    {"WinStationDisabled", RULE_SWITCH, 1, 0, NULL, "the resting state that was seen to be safe"},
    {"fLogonDisabled", RULE_SWITCH, 1, 0, NULL, "the resting state that was seen to be safe"},
    /* Only these four are known to matter; the second protocol driver's (PdDLL1 ...) stay as they are, as in
     * the layout that was seen to start: to verify on Windows. */
    {"PdName", RULE_EMPTY, 0, 0, NULL, "no kernel transport"},
    {"PdDLL", RULE_EMPTY, 0, 0, NULL, "no kernel transport: it would take the port"},
    {"PdClass", RULE_EMPTY, 0, 0, NULL, "no kernel transport"},
    {"PdFlag", RULE_EMPTY, 0, 0, NULL, "no kernel transport"},
    {"Execute", RULE_EMPTY, 0, 0, NULL, "a program here ends sessions early"},
    {"Username", RULE_EMPTY, 0, 0, NULL, "credentials of another listener"},
    {"Domain", RULE_EMPTY, 0, 0, NULL, "credentials of another listener"},
    {"Password", RULE_EMPTY, 0, 0, NULL, "credentials of another listener"},
    {"WdName", RULE_TEXT, 0, 0, "rdsprov", "not the inbox protocol"},
    {"PortNumber", RULE_PORT, 0, 0, NULL, "its own port"},
    {"log-file", RULE_LOG_FILE, 0, 0, NULL, "a service has no standard error"},
    {TABLE_CLASS_VALUE, RULE_CLASS, 0, 0, NULL, "last: from here it is our listener"},
};
const size_t table_rule_count = sizeof(table_rules) / sizeof(table_rules[0]);

const struct table_place table_places[] = {
    {TABLE_STATIONS_KEY "\\<listener>", true, "the listener"},
    {CLASS_KEY, true, "the class"},
    {CLASS_SERVER_KEY, true, "the class: where the DLL is"},
    {TABLE_STATIONS_KEY, false, "names, ports and classes of other listeners"},
    {TABLE_SOURCE_KEY, false, "copied from"},
    {PREFLIGHT_VERSION_KEY, false, "edition and build"},
    {TABLE_SERVER_KEY, false, "are connections denied?"},
    {PREFLIGHT_POLICY_KEY, false, "are connections or display drivers denied by policy?"},
    {PREFLIGHT_SERVICE_KEY, false, "is the service's DLL the system's?"},
    {PREFLIGHT_SERVICING_KEY, false, "pending restart"},
    {PREFLIGHT_UPDATE_KEY, false, "pending restart"},
    {PREFLIGHT_SESSION_MANAGER_KEY, false, "pending restart"},
};
const size_t table_place_count = sizeof(table_places) / sizeof(table_places[0]);

const struct table_rule *table_rule_of(const char *value_name)
{
    for (size_t i = 0; i < table_rule_count; i++) {
        if (registry_same_name(table_rules[i].name, value_name))
            return &table_rules[i];
    }
    return NULL;
}

bool table_check_listener(const char *name, char *why, size_t cap)
{
    static const char *const reserved[] = {TABLE_SOURCE_NAME, "Console", "Services"};
    size_t n = strlen(name);

    if (n == 0 || n >= TABLE_LISTENER_MAX) {
        snprintf(why, cap, "a listener's name has 1 to %d characters", TABLE_LISTENER_MAX - 1);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        char c = name[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              (i > 0 && (c == '-' || c == '_')))) {
            snprintf(why, cap, "a listener's name has letters, digits, '-' and '_', a letter or digit first");
            return false;
        }
    }
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (registry_same_name(name, reserved[i])) {
            snprintf(why, cap, "'%s' is the system's own", reserved[i]);
            return false;
        }
    }
    return true;
}

void table_listener_key(const char *name, char out[REGISTRY_PATH_MAX])
{
    snprintf(out, REGISTRY_PATH_MAX, "%s\\%s", TABLE_STATIONS_KEY, name);
}

bool table_is_ours(const char *listener, const char *path)
{
    char key[REGISTRY_PATH_MAX], why[128];

    if (!table_check_listener(listener, why, sizeof(why)))
        return false;
    table_listener_key(listener, key);
    return registry_is_below(path, key) || registry_is_below(path, CLASS_KEY);
}
