/* SPDX-License-Identifier: Apache-2.0 */
#include "rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "os/thread.h"

#define TEXT_MAX 200
#define SHOWN_MAX 20 /* lines about broken rules while it runs */

static const struct {
    const char *name, *text, *source;
} rules[RULE_COUNT] = {
    [RULE_BIND] = {"bind", "bind records: size, function counts, minimum version", "10 bind"},
    [RULE_SIZES] = {"sizes", "every Size member is what this system's table says", "10 sizes"},
    [RULE_ORDER_INIT] = {"order.init", "InitConfig before WdfDeviceCreate, Initialize after, each once",
                         "1.6"},
    [RULE_ORDER_ADAPTER] = {"order.adapter", "AdapterInitAsync in D0, once per device", "1.7"},
    [RULE_ORDER_MONITOR] = {"order.monitor", "monitors after AdapterInitFinished with success; arrival once",
                            "1.10"},
    [RULE_ORDER_CONFIG] = {"order.config",
                           "display configuration after arrival, not from AdapterInitFinished", "1.9, 1.11"},
    [RULE_ORDER_EXIT] = {"order.exit", "no call to IddCx after D0Exit returned", "6"},
    [RULE_CAPS] = {"caps", "adapter caps: flags 5, names, versions, gamma, rate, monitors", "2 adapter caps"},
    [RULE_MONITOR_INFO] = {"monitor.info",
                           "monitor: type, connector below the maximum and unique, container id",
                           "2 monitor"},
    [RULE_MODES_CALLS] = {"modes.calls", "mode callbacks: count first, then no more than fits",
                          "2 two-call protocol"},
    [RULE_MODES_MONITOR] = {"modes.monitor",
                            "monitor modes: at least one, divider 0, progressive, no blanking", "2 modes"},
    [RULE_MODES_TARGET] = {"modes.target", "target modes: divider 1 or more, bandwidth below the rate",
                           "2 modes"},
    [RULE_CONFIG] = {"config", "paths: a mode of the monitor, scale 100-500, no overlap, none twice",
                     "2 config path"},
    [RULE_CONFIG_AGAIN] = {"config.again", "an ignored configuration is sent again, 8 times at most",
                           "2, field 3"},
    [RULE_CHAIN_ASSIGN] = {"chain.assign", "AssignSwapChain does not wait, and answers success or abandon",
                           "1.13, 10 chain"},
    [RULE_CHAIN_DEVICE] = {"chain.device", "SetDevice before anything else on a chain", "3.2"},
    [RULE_CHAIN_ALTERNATE] = {"chain.alternate", "acquire and FinishedProcessingFrame alternate", "3.4"},
    [RULE_CHAIN_MIX] = {"chain.mix", "one kind of acquire per chain; system buffers only when it says so",
                        "3.3"},
    [RULE_CHAIN_SURFACE] = {"chain.surface", "each surface's reference is released", "3.5"},
    [RULE_CHAIN_DELETE] = {"chain.delete", "the driver deletes each chain it took, exactly once", "3"},
    [RULE_CHAIN_AFTER] = {"chain.after", "nothing on a chain after its deletion", "3"},
    [RULE_CHAIN_UNASSIGN] = {"chain.unassign", "Unassign returns after the chain is deleted", "6"},
    [RULE_CHAIN_ABANDON] = {"chain.abandon",
                            "a lost chain is deleted within 10 s and not reported as an error", "3.4"},
    [RULE_TIME_CALLBACK] = {"time.callback", "each callback within 10 s", "5"},
    [RULE_TIME_FRAME] = {"time.frame", "a frame is finished within 10 s after its event", "3.4"},
    [RULE_REQUEST_ONCE] = {"request.once", "each request is completed once and not touched after", "7"},
    [RULE_REQUEST_LEFT] = {"request.left", "no request left at file cleanup and at D0Exit", "6, 10 requests"},
    [RULE_REQUEST_LENGTH] = {"request.length", "no more output than the buffer holds; short buffers refused",
                             "10 requests"},
    [RULE_REQUEST_UNKNOWN] = {"request.unknown", "unknown code: invalid device request", "10 requests"},
    [RULE_OWNER] = {"request.owner", "one owner; others may not attach; a file's end frees what it attached",
                    "7"},
    [RULE_CALLER] =
        {"request.caller",
         "only LocalSystem claims; identification is enough; no framework call while impersonating",
         "7, EVT_WDF_REQUEST_IMPERSONATE"},
    [RULE_CURSOR_SETUP] = {"cursor.setup", "hardware pointer set up again after each mode commit", "4"},
    [RULE_CURSOR_BUFFER] = {"cursor.buffer", "pointer query: buffer for MaxX x MaxY", "4"},
    [RULE_FRAME_PIXELS] = {"frame.pixels", "what the peer gets is what was presented, pixel by pixel",
                           "issue"},
    [RULE_FRAME_RECTS] = {"frame.rects", "nothing differs from the frame before outside its rectangles",
                          "channels/messages.h"},
    [RULE_FRAME_ARRIVES] = {"frame.arrives", "the newest picture arrives", "issue"},
    [RULE_PEER] = {"peer", "one that breaks the rules of its pipe is ended, and the next one served",
                   "channels/messages.h"},
    [RULE_POINTER] = {"pointer", "shape, place and hiding reach the peer", "4"},
    [RULE_RENDER] = {"render", "failing adapter: software asked for after repeated failures, then critical",
                     "3.1"},
    [RULE_HANDLES] = {"handles", "only live objects of the right kind are passed", "WDF verifier"},
    [RULE_OBJECTS] = {"left.objects", "no object or reference left after unload", "10 memory"},
    [RULE_COM] = {"left.com", "no Direct3D object left", "10 memory"},
    [RULE_LEFT_HANDLES] = {"left.handles", "no handle left after unload", "10 memory"},
    [RULE_LEFT_THREADS] = {"left.threads", "no thread left after unload", "10 memory"},
    [RULE_JOURNAL] = {"journal", "a log line for each callback", "issue"},
};

static struct os_mutex lock = OS_MUTEX_INIT;
static struct {
    unsigned long checked, broken;
    char first[TEXT_MAX];
} state[RULE_COUNT];
static unsigned shown;

void rule_checked(enum rule rule)
{
    os_mutex_lock(&lock);
    state[rule].checked++;
    os_mutex_unlock(&lock);
}

void rule_broken(enum rule rule, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    os_mutex_lock(&lock);
    state[rule].checked++;
    if (state[rule].broken++ == 0)
        memcpy(state[rule].first, text, sizeof(text));
    if (shown++ < SHOWN_MAX)
        fprintf(stderr, "iddsim: BROKEN %s: %s\n", rules[rule].name, text);
    os_mutex_unlock(&lock);
}

bool rule_check(enum rule rule, bool good, const char *what)
{
    if (good)
        rule_checked(rule);
    else
        rule_broken(rule, "%s", what);
    return good;
}

unsigned rules_broken(void)
{
    unsigned n = 0;

    os_mutex_lock(&lock);
    for (unsigned i = 0; i < RULE_COUNT; i++)
        n += state[i].broken != 0;
    os_mutex_unlock(&lock);
    return n;
}

bool rule_is_broken(enum rule rule)
{
    bool broken;

    os_mutex_lock(&lock);
    broken = state[rule].broken != 0;
    os_mutex_unlock(&lock);
    return broken;
}

enum rule rule_find(const char *name)
{
    for (unsigned i = 0; i < RULE_COUNT; i++)
        if (strcmp(rules[i].name, name) == 0)
            return (enum rule)i;
    return RULE_COUNT;
}

void rules_list(void)
{
    for (unsigned i = 0; i < RULE_COUNT; i++)
        printf("%-16s %s [%s]\n", rules[i].name, rules[i].text, rules[i].source);
}

void rules_print(bool all)
{
    os_mutex_lock(&lock);
    for (unsigned i = 0; i < RULE_COUNT; i++) {
        if (state[i].broken)
            printf("BROKEN  %-16s %lu of %lu: %s\n        %s [%s]\n", rules[i].name, state[i].broken,
                   state[i].checked, state[i].first, rules[i].text, rules[i].source);
        else if (state[i].checked)
            printf("ok      %-16s %lu times: %s [%s]\n", rules[i].name, state[i].checked, rules[i].text,
                   rules[i].source);
        else if (all)
            printf("-       %-16s not tested: %s [%s]\n", rules[i].name, rules[i].text, rules[i].source);
    }
    os_mutex_unlock(&lock);
}
