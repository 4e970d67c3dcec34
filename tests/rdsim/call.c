/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#include <stdlib.h>
#include <string.h>

#include "os/log.h"
#include "os/os.h"
#include "os/thread.h"
#include "rules.h"

#define CALL_DEPTH_MAX 16
#define CALLS_RUNNING_MAX 512
#define METHODS_MAX 96
#define METHOD_LIMIT_US 1000000
#define NOTIFY_LIMIT_US 100000

struct call {
    uint32_t id;
    enum call_kind kind;
    const char *object, *method;
    uint64_t start_us;
    bool judged;
};

static _Thread_local struct call *stack[CALL_DEPTH_MAX];
static _Thread_local struct call storage[CALL_DEPTH_MAX];
static _Thread_local unsigned depth;

static struct os_mutex lock = OS_MUTEX_INIT;
static struct call *running[CALLS_RUNNING_MAX];
static struct method {
    const char *object, *method;
    uint64_t calls, total_us, slowest_us;
} methods[METHODS_MAX];

void call_enter(uint32_t id, enum call_kind kind, const char *object, const char *method)
{
    struct call *call;

    if (depth >= CALL_DEPTH_MAX) {
        log_error("rdsim", id, "calls nest too deep: %s.%s", object, method);
        abort();
    }
    call = &storage[depth];
    *call = (struct call){id, kind, object, method, os_now_us(), false};
    stack[depth++] = call;
    os_mutex_lock(&lock);
    for (unsigned i = 0; i < CALLS_RUNNING_MAX; i++)
        if (!running[i]) {
            running[i] = call;
            break;
        }
    os_mutex_unlock(&lock);
}

static void count(const struct call *call, uint64_t us)
{
    for (unsigned i = 0; i < METHODS_MAX; i++) {
        struct method *m = &methods[i];

        if (!m->method)
            *m = (struct method){call->object, call->method, 0, 0, 0};
        if (strcmp(m->method, call->method) != 0 || strcmp(m->object, call->object) != 0)
            continue;
        m->calls++;
        m->total_us += us;
        if (us > m->slowest_us)
            m->slowest_us = us;
        return;
    }
}

HRESULT call_leave(HRESULT hr)
{
    struct call *call = stack[--depth];
    uint64_t us = os_now_us() - call->start_us;
    bool judged;

    os_mutex_lock(&lock);
    for (unsigned i = 0; i < CALLS_RUNNING_MAX; i++)
        if (running[i] == call)
            running[i] = NULL;
    count(call, us);
    judged = call->judged;
    os_mutex_unlock(&lock);

    log_debug("call", call->id, "%s.%s -> 0x%08x, %llu us", call->object, call->method, (unsigned)hr,
              (unsigned long long)us);
    rule_check(RULE_HRESULT, hr <= 0, call->id, "%s.%s returned 0x%08x", call->object, call->method,
               (unsigned)hr);
    if (!judged)
        rule_check(RULE_METHOD_TIME, us <= METHOD_LIMIT_US, call->id, "%s.%s took %llu ms", call->object,
                   call->method, (unsigned long long)(us / 1000));
    if (call->kind == CALL_NOTIFY)
        rule_check(RULE_NOTIFY_TIME, us <= NOTIFY_LIMIT_US, call->id, "%s.%s took %llu ms", call->object,
                   call->method, (unsigned long long)(us / 1000));
    return hr;
}

const char *call_inside(void)
{
    return depth ? stack[depth - 1]->method : NULL;
}

void call_watch(void)
{
    uint64_t now = os_now_us();

    os_mutex_lock(&lock);
    for (unsigned i = 0; i < CALLS_RUNNING_MAX; i++) {
        struct call *call = running[i];

        /* a call may have begun after the clock was read */
        if (!call || call->judged || now < call->start_us || now - call->start_us <= METHOD_LIMIT_US)
            continue;
        call->judged = true;
        rule_break(RULE_METHOD_TIME, call->id, "%s.%s has not returned for %llu ms", call->object,
                   call->method, (unsigned long long)((now - call->start_us) / 1000));
    }
    os_mutex_unlock(&lock);
}

bool call_running(char *buf, size_t cap)
{
    bool any = false;
    size_t used = 0;

    buf[0] = 0;
    os_mutex_lock(&lock);
    for (unsigned i = 0; i < CALLS_RUNNING_MAX; i++) {
        const struct call *call = running[i];
        int n;

        if (!call)
            continue;
        any = true;
        n = snprintf(buf + used, cap - used, "%s%s.%s[%u]", used ? ", " : "", call->object, call->method,
                     call->id);
        if (n < 0 || (size_t)n >= cap - used)
            break;
        used += (size_t)n;
    }
    os_mutex_unlock(&lock);
    return any;
}

void call_print(FILE *out)
{
    os_mutex_lock(&lock);
    for (unsigned i = 0; i < METHODS_MAX && methods[i].method; i++) {
        const struct method *m = &methods[i];

        fprintf(out, "method %s.%s: %llu calls, mean %llu us, slowest %llu us\n", m->object, m->method,
                (unsigned long long)m->calls, (unsigned long long)(m->total_us / m->calls),
                (unsigned long long)m->slowest_us);
    }
    os_mutex_unlock(&lock);
    fflush(out);
}

void call_reset(void)
{
    os_mutex_lock(&lock);
    memset(methods, 0, sizeof methods);
    os_mutex_unlock(&lock);
}
