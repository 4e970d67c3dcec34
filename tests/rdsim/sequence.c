/* SPDX-License-Identifier: Apache-2.0 */
#include "sequence.h"

#include <stdlib.h>

#include "os/log.h"
#include "steps.h"

const char *const sequence_negotiate[] = {
    "AcceptConnection", "GetClientData",   "GetClientMonitorData",        "GetUserCredentials",
    "License",          "QueryProperties", "AuthenticateClientToSession", NULL};
const char *const sequence_connect[] = {"NotifySessionId",
                                        "GetInputHandles",
                                        "GetVideoHandle",
                                        "GetProtocolHandles",
                                        "GetHardwareId",
                                        "ConnectNotify",
                                        "NotifyCommandProcessCreated",
                                        "Poll",
                                        NULL};
const char *const sequence_reconnect[] = {"NotifySessionId",    "GetInputHandles", "GetVideoHandle",
                                          "GetProtocolHandles", "ConnectNotify",   NULL};

enum sequence_result sequence_run(struct connection *connection, const char *const *names)
{
    for (; *names; names++) {
        const struct step *step = step_find(*names);
        struct step_call call = {0};
        HRESULT hr;

        if (!step)
            abort(); /* a list above is wrong */
        if (connection_interrupted(connection))
            return SEQUENCE_INTERRUPTED;
        hr = step_run(step, connection, &call);
        if (FAILED(hr) && step->error_drops) {
            log_warn("rdsim", connection->id, "%s failed with 0x%08x: the connection is dropped", step->name,
                     (unsigned)hr);
            return SEQUENCE_DROPPED;
        }
    }
    return connection_interrupted(connection) ? SEQUENCE_INTERRUPTED : SEQUENCE_DONE;
}
