/* SPDX-License-Identifier: Apache-2.0 */
/* The other end is hostile and writes to the socket itself; and what the socket file of a named pipe looks
 * like. */
#include "os_test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static uint8_t got[OS_PIPE_MESSAGE_MAX];

struct raw {
    int fd; /* the hostile end */
    struct os_pipe *pipe;
};

static bool raw_open(struct raw *raw)
{
    int fds[2], size = 4 << 20;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
        return false;
    setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    raw->fd = fds[0];
    return os_pipe_from_handle(fds[1], &raw->pipe) == OS_OK;
}

static void raw_close(struct raw *raw)
{
    close(raw->fd);
    os_pipe_destroy(raw->pipe);
}

/* Sends bytes with `count` copies of one descriptor. */
static bool raw_send(struct raw *raw, const void *data, size_t len, int passed, unsigned count)
{
    struct iovec iov = {(void *)(uintptr_t)data, len};
    union {
        char bytes[CMSG_SPACE(sizeof(int) * 200)];
        struct cmsghdr align;
    } control;
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

    if (count) {
        struct cmsghdr *cmsg;

        memset(&control, 0, sizeof control);
        msg.msg_control = &control;
        msg.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        cmsg = CMSG_FIRSTHDR(&msg);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(sizeof(int) * count);
        for (unsigned i = 0; i < count; i++)
            memcpy(CMSG_DATA(cmsg) + i * sizeof(int), &passed, sizeof passed);
    }
    return sendmsg(raw->fd, &msg, MSG_NOSIGNAL) == (ssize_t)len;
}

/* The header as pipe_posix.c writes it. */
static const uint8_t *header(uint8_t count, uint8_t sockets)
{
    static uint8_t bytes[5];
    uint16_t magic = 0x7072;

    memcpy(bytes, &magic, 2);
    bytes[2] = count;
    bytes[3] = sockets;
    bytes[4] = 'x';
    return bytes;
}

TEST(malformed_messages)
{
    static const struct {
        uint8_t count, sockets;
        size_t len;
        unsigned fds;
        enum os_status want;
    } cases[] = {
        {0, 0, 5, 0, OS_OK},
        {2, 0, 5, 2, OS_OK},
        {0, 0, 1, 0, OS_INVALID}, /* shorter than a header */
        {0, 0, 3, 1, OS_INVALID}, /* the same, with a descriptor */
        {1, 0, 5, 0, OS_INVALID}, /* says one, brings none */
        {0, 0, 5, 1, OS_INVALID}, /* says none, brings one */
        {2, 0, 5, 1, OS_INVALID},
        {255, 0, 5, 4, OS_INVALID},
        {1, 1, 5, 1, OS_INVALID}, /* says socket, brings a file */
        {4, 0, 5, OS_PASS_MAX + 1, OS_TOO_BIG},
        {4, 0, 5, 200, OS_TOO_BIG},
    };
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct raw raw;

    REQUIRE(raw_open(&raw));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned handles = os_count_handles(), npass = OS_PASS_MAX;
        struct os_pass pass[OS_PASS_MAX];
        size_t len;

        REQUIRE(raw_send(&raw, header(cases[i].count, cases[i].sockets), cases[i].len, file, cases[i].fds));
        CHECK_INT(receive(raw.pipe, got, sizeof got, &len, pass, &npass), cases[i].want);
        CHECK_INT(npass, cases[i].want == OS_OK ? cases[i].fds : 0);
        for (unsigned k = 0; k < npass; k++) {
            CHECK(fcntl(pass[k].handle, F_GETFD) & FD_CLOEXEC);
            close(pass[k].handle);
        }
        CHECK_INT(os_count_handles(), handles);
    }
    REQUIRE(raw_send(&raw, "\xff\xff\0\0", 4, file, 1)); /* wrong magic */
    size_t len;
    CHECK_INT(receive(raw.pipe, got, sizeof got, &len, NULL, NULL), OS_INVALID);
    REQUIRE(raw_send(&raw, header(0, 0), 5, -1, 0)); /* and it goes on */
    CHECK_INT(receive(raw.pipe, got, sizeof got, &len, NULL, NULL), OS_OK);
    raw_close(&raw);
    close(file);
}

TEST(message_over_the_limit)
{
    static uint8_t big[OS_PIPE_MESSAGE_MAX + 5];
    unsigned handles = os_count_handles();
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct raw raw;
    size_t len;

    REQUIRE(raw_open(&raw));
    memcpy(big, header(0, 0), 4);
    REQUIRE(raw_send(&raw, big, OS_PIPE_MESSAGE_MAX + 4, -1, 0));
    CHECK_INT(receive(raw.pipe, got, sizeof got, &len, NULL, NULL), OS_OK);
    CHECK_INT(len, OS_PIPE_MESSAGE_MAX);
    REQUIRE(raw_send(&raw, big, OS_PIPE_MESSAGE_MAX + 5, file, 3));
    CHECK_INT(receive(raw.pipe, got, sizeof got, &len, NULL, NULL), OS_TOO_BIG);
    CHECK_INT(len, 0);
    CHECK_INT(os_pipe_receive(raw.pipe, got, sizeof got, &len, NULL, NULL), OS_AGAIN);
    raw_close(&raw);
    close(file);
    CHECK_INT(os_count_handles(), handles);
}

/* A read of length 0 with descriptors in it. */
TEST(empty_packet_with_descriptors)
{
    unsigned handles = os_count_handles();
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct os_pass pass[OS_PASS_MAX];
    unsigned npass = OS_PASS_MAX;
    struct raw raw;
    size_t len;

    REQUIRE(raw_open(&raw));
    REQUIRE(raw_send(&raw, "", 0, file, 3));
    CHECK_INT(receive(raw.pipe, got, sizeof got, &len, pass, &npass), OS_CLOSED);
    CHECK_INT(npass, 0);
    raw_close(&raw);
    close(file);
    CHECK_INT(os_count_handles(), handles);
}

TEST(random_packets)
{
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    unsigned handles;
    struct raw raw;

    REQUIRE(raw_open(&raw));
    handles = os_count_handles();
    for (int i = 0; i < 2000; i++) {
        struct os_pass pass[OS_PASS_MAX];
        unsigned npass;
        uint8_t bytes[16];
        size_t len;

        REQUIRE(os_random(bytes, sizeof bytes) == OS_OK);
        npass = bytes[10] % (OS_PASS_MAX + 1);
        if (bytes[11] % 2)
            memcpy(bytes, header(bytes[12] % 6, bytes[13]), 4);
        REQUIRE(raw_send(&raw, bytes, 1 + bytes[14] % 10, file, bytes[15] % 7));
        receive(raw.pipe, got, bytes[9] % 8, &len, pass, &npass);
        REQUIRE(npass <= OS_PASS_MAX);
        for (unsigned k = 0; k < npass; k++)
            close(pass[k].kind == OS_PASS_SOCKET ? pass[k].socket : pass[k].handle);
    }
    CHECK_INT(os_count_handles(), handles);
    raw_close(&raw);
    close(file);
}

/* With no descriptor free the kernel cuts what comes; nothing may be lost track of. */
TEST(no_descriptor_free)
{
    static int used[2000];
    struct rlimit old, few;
    unsigned count = 0, npass = OS_PASS_MAX, handles;
    int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    struct os_pass pass[OS_PASS_MAX];
    struct raw raw;
    size_t len;

    REQUIRE(raw_open(&raw));
    REQUIRE(raw_send(&raw, header(4, 0), 5, file, 4));
    handles = os_count_handles();
    REQUIRE(getrlimit(RLIMIT_NOFILE, &old) == 0);
    few = (struct rlimit){1000, old.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
    while (count < 2000 && (used[count] = dup(file)) >= 0)
        count++;
    CHECK_INT(errno, EMFILE);
    REQUIRE(count > 2);
    close(used[--count]);
    close(used[--count]);
    CHECK_INT(receive(raw.pipe, got, sizeof got, &len, pass, &npass), OS_NO_MEMORY);
    CHECK_INT(npass, 0);
    while (count)
        close(used[--count]);
    setrlimit(RLIMIT_NOFILE, &old);
    CHECK_INT(os_count_handles(), handles);
    REQUIRE(raw_send(&raw, header(0, 0), 5, -1, 0));
    CHECK_INT(receive(raw.pipe, got, sizeof got, &len, NULL, NULL), OS_OK);
    raw_close(&raw);
    close(file);
}

TEST(sockets_keep_their_kind)
{
    unsigned handles = os_count_handles();
    struct os_pass pass[2];
    struct os_pipe *a, *b;
    unsigned npass = 2;
    int fds[2];
    size_t len;

    REQUIRE(os_pipe_pair(&a, &b) == OS_OK && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    pass[0] = (struct os_pass){OS_PASS_SOCKET, OS_NO_HANDLE, fds[0]};
    pass[1] = (struct os_pass){OS_PASS_HANDLE, open("/dev/null", O_RDONLY), OS_NO_SOCKET};
    REQUIRE(os_pipe_send(a, "x", 1, pass, 2) == OS_OK);
    REQUIRE(receive(b, got, sizeof got, &len, pass, &npass) == OS_OK && npass == 2);
    CHECK(pass[0].kind == OS_PASS_SOCKET && pass[0].handle == OS_NO_HANDLE && pass[0].socket >= 0);
    CHECK(pass[1].kind == OS_PASS_HANDLE && pass[1].socket == OS_NO_SOCKET && pass[1].handle >= 0);
    CHECK(write(fds[1], "y", 1) == 1 && read(pass[0].socket, got, 1) == 1 && got[0] == 'y');
    close(pass[0].socket);
    close(pass[1].handle);
    close(fds[1]);

    pass[0].socket = fds[1]; /* not open any more */
    CHECK_INT(os_pipe_send(a, "x", 1, pass, 1), OS_INVALID);
    os_pipe_destroy(a);
    os_pipe_destroy(b);
    CHECK_INT(os_count_handles(), handles);
}

TEST(queue_has_the_named_size)
{
    static uint8_t message[OS_PIPE_MESSAGE_MAX];
    struct os_pipe *a, *b;
    size_t queued = 0;

    REQUIRE(os_pipe_pair(&a, &b) == OS_OK);
    while (os_pipe_send(a, message, sizeof message, NULL, 0) == OS_OK)
        queued += sizeof message;
    if (geteuid() == 0) /* others depend on net.core.wmem_max */
        CHECK(queued >= OS_PIPE_QUEUE_MAX);
    CHECK(queued >= OS_PIPE_QUEUE_MAX / 4 && queued <= OS_PIPE_QUEUE_MAX * 4);
    os_pipe_destroy(a);
    os_pipe_destroy(b);
}

TEST(not_a_pipe)
{
    struct os_pipe *pipe;
    int fds[2], fd;

    REQUIRE(pipe2(fds, O_CLOEXEC) == 0);
    CHECK_INT(os_pipe_from_handle(fds[0], &pipe), OS_INVALID);
    close(fds[0]);
    close(fds[1]);
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    CHECK_INT(os_pipe_from_handle(fds[0], &pipe), OS_INVALID);
    close(fds[0]);
    close(fds[1]);
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    CHECK_INT(os_pipe_from_handle(fd, &pipe), OS_INVALID);
    close(fd);
    CHECK_INT(os_pipe_from_handle(OS_NO_HANDLE, &pipe), OS_INVALID);
    CHECK_INT(os_pipe_from_handle(9999, &pipe), OS_INVALID);
}

TEST(socket_file)
{
    struct os_pipe_listener *listener, *other;
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    struct os_pipe *client;
    char dir[] = "/tmp/rdsprov-unit-XXXXXX", long_name[200];
    struct stat st;
    mode_t mask = umask(0);
    FILE *file;
    int fd;

    REQUIRE(mkdtemp(dir) != NULL);
    snprintf(where.sun_path, sizeof where.sun_path, "%s/pipe", dir);
    REQUIRE(os_pipe_listen(where.sun_path, &listener) == OS_OK);
    REQUIRE(lstat(where.sun_path, &st) == 0);
    CHECK(S_ISSOCK(st.st_mode));
    CHECK_INT(st.st_mode & 07777, 0600);
    umask(mask);
    os_pipe_listener_destroy(listener);
    CHECK(lstat(where.sun_path, &st) < 0 && errno == ENOENT);

    /* a stale file is replaced */
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    REQUIRE(bind(fd, (struct sockaddr *)&where, sizeof where) == 0);
    close(fd);
    CHECK_INT(os_pipe_connect(where.sun_path, &client), OS_NOT_FOUND);
    REQUIRE(os_pipe_listen(where.sun_path, &listener) == OS_OK);
    CHECK_INT(os_pipe_connect(where.sun_path, &client), OS_OK);
    os_pipe_destroy(client);
    CHECK_INT(os_pipe_listen(where.sun_path, &other), OS_BUSY);

    /* one that somebody else has put there meanwhile is left alone */
    unlink(where.sun_path);
    REQUIRE(os_pipe_listen(where.sun_path, &other) == OS_OK);
    os_pipe_listener_destroy(listener);
    CHECK(lstat(where.sun_path, &st) == 0);
    os_pipe_listener_destroy(other);

    /* what is not a socket is not removed */
    file = fopen(where.sun_path, "w");
    REQUIRE(file != NULL);
    fclose(file);
    CHECK_INT(os_pipe_listen(where.sun_path, &listener), OS_BUSY);
    CHECK(lstat(where.sun_path, &st) == 0 && S_ISREG(st.st_mode));
    CHECK(os_pipe_connect(where.sun_path, &client) != OS_OK);
    unlink(where.sun_path);

    memset(long_name, 'a', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    CHECK_INT(os_pipe_listen(long_name, &listener), OS_TOO_BIG);
    CHECK_INT(os_pipe_connect(long_name, &client), OS_TOO_BIG);
    CHECK_INT(os_pipe_listen("", &listener), OS_INVALID);
    CHECK_INT(os_pipe_listen("/no/such/directory/pipe", &listener), OS_NOT_FOUND);
    CHECK(rmdir(dir) == 0);
}

TEST(nobody_accepts)
{
    struct os_pipe_listener *listener;
    struct os_pipe *clients[200], *server;
    unsigned count = 0;
    char name[96];
    enum os_status status = OS_OK;

    snprintf(name, sizeof name, "/tmp/rdsprov-unit-%d", (int)getpid());
    REQUIRE(os_pipe_listen(name, &listener) == OS_OK);
    while (count < 200 && (status = os_pipe_connect(name, &clients[count])) == OS_OK)
        count++;
    CHECK_INT(status, OS_BUSY);
    CHECK(count >= 1 && count < 200);
    CHECK_INT(os_pipe_accept(listener, &server, NULL), OS_OK);
    os_pipe_destroy(server);
    while (count)
        os_pipe_destroy(clients[--count]);
    os_pipe_listener_destroy(listener);
}

/* In a process of its own: listens as that user, until the test has looked. */
static pid_t listen_as(uid_t user, const char *name)
{
    struct os_pipe_listener *listener;
    pid_t child = fork();

    if (child != 0)
        return child;
    if (setgid(user) == 0 && setuid(user) == 0 && os_pipe_listen(name, &listener) == OS_OK)
        os_sleep_ms(PATIENCE_MS);
    _exit(1);
}

/* Somebody who is faster than the service, and makes its socket. */
TEST(listener_of_another_user_is_refused)
{
    char dir[] = "/tmp/rdsprov-unit-XXXXXX", name[64], why[128] = "";
    struct os_pipe_listener *listener;
    struct os_pipe *pipe = NULL;
    struct stat st;
    pid_t child;

    REQUIRE(mkdtemp(dir) != NULL);
    snprintf(name, sizeof name, "%s/pipe", dir);
    CHECK_INT(os_pipe_connect_trusted(name, &pipe, why, sizeof why), OS_NOT_FOUND);
    CHECK(why[0] != 0);
    REQUIRE(os_pipe_listen(name, &listener) == OS_OK);
    CHECK_INT(os_pipe_connect_trusted(name, &pipe, why, sizeof why), OS_OK);
    os_pipe_destroy(pipe);
    os_pipe_listener_destroy(listener);
    if (geteuid() == 0) { /* else there is no other user to be */
        chmod(dir, 0777);
        child = listen_as(65534, name);
        CHECK(EVENTUALLY(lstat(name, &st) == 0 && os_pipe_connect(name, &pipe) == OS_OK));
        os_pipe_destroy(pipe);
        CHECK_INT(os_pipe_connect_trusted(name, &pipe, why, sizeof why), OS_DENIED);
        CHECK(pipe == NULL);
        CHECK_STR(why, "user 65534 listens there, not root or this user");
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        unlink(name);
    }
    rmdir(dir);
}
