/* SPDX-License-Identifier: Apache-2.0 */
/* What a system gives to pipe.c. */
#ifndef RDSPROV_OS_PIPE_CONNECT_H
#define RDSPROV_OS_PIPE_CONNECT_H

#include "os/pipe.h"

/* As os_pipe_connect; `trusted`: as os_pipe_connect_trusted, which sees to `why` where this writes none. */
enum os_status pipe_connect(const char *name, bool trusted, struct os_pipe **out, char *why, size_t cap);

#endif
