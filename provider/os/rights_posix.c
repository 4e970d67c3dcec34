/* SPDX-License-Identifier: Apache-2.0 */
/* What a child gives up for good. Each step stands alone: one that the kernel refuses is logged and the next
 * is tried. */
#include "os/log.h"
#include "os/os_posix.h"
#include "os/process.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define REFUSE(error) RETURN(SECCOMP_RET_ERRNO | (error))
#define IF_EQUAL(value, then) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1), then

#ifdef ARCH
/* No new programs and no new processes; threads stay possible. clone3 has its flags in memory, where a filter
 * cannot see them: ENOSYS makes the C library fall back to clone. */
static bool forbid_processes(void)
{
    struct sock_filter code[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
        REFUSE(ENOSYS),
        LOAD(nr),
#ifdef __x86_64__
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000 /* x32 */, 0, 1),
        REFUSE(ENOSYS),
        IF_EQUAL(SYS_fork, REFUSE(EPERM)),
        IF_EQUAL(SYS_vfork, REFUSE(EPERM)),
#endif
        IF_EQUAL(SYS_execve, REFUSE(EPERM)),
        IF_EQUAL(SYS_execveat, REFUSE(EPERM)),
        IF_EQUAL(SYS_ptrace, REFUSE(EPERM)),
        IF_EQUAL(SYS_process_vm_readv, REFUSE(EPERM)),
        IF_EQUAL(SYS_process_vm_writev, REFUSE(EPERM)),
        IF_EQUAL(SYS_clone3, REFUSE(ENOSYS)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0),
        RETURN(SECCOMP_RET_ALLOW),
        LOAD(args[0]), /* its low half: both architectures are little-endian */
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0),
        REFUSE(EPERM),
        RETURN(SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};

    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}
#else
static bool forbid_processes(void)
{
    errno = ENOSYS;
    return false;
}
#endif

static void report(bool done, const char *what)
{
    char text[128];

    if (!done)
        log_warn("rights", 0, "cannot %s: %s", what, os_last_error_text(text, sizeof text));
}

void os_process_drop_rights(void)
{
    struct rlimit none = {0, 0};

    report(setrlimit(RLIMIT_CORE, &none) == 0, "forbid core dumps");
    report(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "set no-new-privs");
    if (OS_SANITIZED) {
        log_debug("rights", 0, "a sanitizer build keeps the right to start processes and to be traced");
        return;
    }
    report(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "forbid tracing");
    report(forbid_processes(), "forbid new processes");
}
