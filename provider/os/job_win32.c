/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "os/process_win32.h"

struct os_job {
    HANDLE handle;
};

enum os_status os_job_create(struct os_job **out)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {.BasicLimitInformation.LimitFlags =
                                                       JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE};
    struct os_job *self = calloc(1, sizeof(*self));
    enum os_status status;

    *out = NULL;
    if (!self)
        return OS_NO_MEMORY;
    self->handle = CreateJobObjectW(NULL, NULL);
    if (!self->handle ||
        !SetInformationJobObject(self->handle, JobObjectExtendedLimitInformation, &limits, sizeof(limits))) {
        status = os_status_from_win32(GetLastError());
        os_handle_close(self->handle);
        free(self);
        return status;
    }
    *out = self;
    return OS_OK;
}

enum os_status os_job_add(struct os_job *self, HANDLE process)
{
    return AssignProcessToJobObject(self->handle, process) ? OS_OK : os_status_from_win32(GetLastError());
}

void os_job_kill(struct os_job *self)
{
    TerminateJobObject(self->handle, OS_EXIT_KILLED);
}

void os_job_destroy(struct os_job *self)
{
    if (!self)
        return;
    TerminateJobObject(self->handle, OS_EXIT_KILLED);
    CloseHandle(self->handle);
    free(self);
}
