/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/wlog.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <winpr/environment.h>
#include <winpr/wlog.h>

#include "os/thread.h"
#include "peer/adapter.h"

#define ERROR_MAX 256
#define LINES_MAX 200 /* of one client; then only for debugging */

static struct adapter *target;
static atomic_bool quiet = true;
static struct os_mutex lock = OS_MUTEX_INIT;
static char first_error[ERROR_MAX], last_text[ERROR_MAX];
static unsigned lines;

/* Keeps the first error. False: the line repeats the one before it. A dead socket makes one line a write. */
static bool remember(const wLogMessage *message, bool *many)
{
    bool again;

    os_mutex_lock(&lock);
    if (message->Level >= WLOG_ERROR && message->Level < WLOG_OFF && !first_error[0])
        snprintf(first_error, sizeof first_error, "%s", message->TextString);
    again = strncmp(last_text, message->TextString, sizeof last_text - 1) == 0;
    if (!again)
        snprintf(last_text, sizeof last_text, "%s", message->TextString);
    *many = !again && ++lines > LINES_MAX;
    os_mutex_unlock(&lock);
    return !again;
}

/* Of a connection that ends: `closed` says that once. */
static bool is_echo(const char *text)
{
    return strncmp(text, "BIO_", 4) == 0 || strncmp(text, "ERRCONNECT_", 11) == 0 ||
           strncmp(text, "ERRINFO_", 8) == 0;
}

static BOOL on_message(const wLogMessage *message)
{
    const char *tag = message->PrefixString ? message->PrefixString : "freerdp";
    const char *dot = strrchr(tag, '.');
    enum log_level level = LOG_DEBUG;
    char text[LOG_LINE_MAX];
    bool many;

    if (!message->TextString)
        return TRUE;
    if (!remember(message, &many))
        return TRUE;
    /* FreeRDP's "error" is one client's trouble, not ours */
    if (quiet || many || is_echo(message->TextString))
        level = LOG_DEBUG;
    else if (message->Level >= WLOG_WARN)
        level = LOG_WARN;
    else if (message->Level == WLOG_INFO)
        level = LOG_INFO;
    snprintf(text, sizeof text, "%s: %s", dot ? dot + 1 : tag, message->TextString);
    adapter_log(target, level, "freerdp", text);
    return TRUE;
}

static BOOL drop(const wLogMessage *message)
{
    (void)message; /* images and packets: would hold what the client types */
    return TRUE;
}

bool wlog_start(struct adapter *adapter)
{
    wLogCallbacks callbacks = {.data = drop, .image = drop, .message = on_message, .package = drop};
    wLog *root;

    target = adapter;
    /* a filter from the environment could switch on packet dumps, passwords included */
    SetEnvironmentVariableA("WLOG_FILTER", NULL);
    SetEnvironmentVariableA("WLOG_LEVEL", NULL);
    root = WLog_GetRoot();
    return root && WLog_SetLogAppenderType(root, WLOG_APPENDER_CALLBACK) &&
           WLog_ConfigureAppender(WLog_GetLogAppender(root), "callbacks", &callbacks) &&
           WLog_Layout_SetPrefixFormat(root, WLog_GetLogLayout(root), "%mn") && WLog_OpenAppender(root) &&
           WLog_SetLogLevel(root, WLOG_WARN);
}

void wlog_set_level(enum log_level level)
{
    wLog *root = WLog_GetRoot();

    /* never below INFO: FreeRDP's debug lines print what a client sends */
    if (root && !WLog_SetLogLevel(root, level == LOG_DEBUG ? WLOG_INFO : WLOG_WARN))
        log_warn("peer", 0, "FreeRDP's log level cannot be set");
}

void wlog_set_quiet(bool on)
{
    quiet = on;
}

void wlog_first_error(char *buf, size_t cap)
{
    os_mutex_lock(&lock);
    snprintf(buf, cap, "%s", first_error);
    os_mutex_unlock(&lock);
}

void wlog_forget(void)
{
    os_mutex_lock(&lock);
    first_error[0] = 0;
    os_mutex_unlock(&lock);
}
