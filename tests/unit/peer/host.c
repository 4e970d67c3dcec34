/* SPDX-License-Identifier: Apache-2.0 */
#include "host.h"

#include <stdio.h>
#include <string.h>

#include "os/socket.h"

static void drop_passes(struct host *self)
{
    for (unsigned i = 0; i < self->npass; i++) {
        if (self->pass[i].kind == OS_PASS_SOCKET)
            os_socket_close(self->pass[i].socket, false);
        else
            os_handle_close(self->pass[i].handle);
    }
    self->npass = 0;
}

bool host_start(struct host *self)
{
    char folder[1024], program[1100];
    struct os_spawn spec = {.program = program, .flags = OS_SPAWN_RESTRICTED};

    memset(self, 0, sizeof *self);
    self->counters_memory = (struct os_shm)OS_SHM_INIT;
    if (os_module_directory(folder, sizeof folder) != OS_OK ||
        os_shm_create(&self->counters_memory, sizeof(struct link_counters)) != OS_OK)
        return false;
#ifdef _WIN32
    snprintf(program, sizeof program, "%s\\rdsprov-peer.exe", folder);
#else
    snprintf(program, sizeof program, "%s/rdsprov-peer", folder);
#endif
    self->counters = self->counters_memory.base;
    return os_process_spawn(&spec, &self->process, &self->link) == OS_OK;
}

void host_finish(struct host *self)
{
    drop_passes(self);
    os_pipe_destroy(self->link);
    self->link = NULL;
    if (self->process)
        os_process_kill(self->process);
    os_process_destroy(self->process);
    self->process = NULL;
    os_shm_finish(&self->counters_memory);
}

static bool send_passing(struct host *self, uint16_t id, const void *message, const struct os_pass *pass,
                         unsigned npass)
{
    uint8_t buf[16384];
    const char *problem;
    size_t len = wire_encode(&link_table, id, message, buf, sizeof buf, &problem);

    if (len == 0) {
        fprintf(stderr, "cannot encode message %u: %s\n", id, problem);
        return false;
    }
    return os_pipe_send(self->link, buf, len, pass, npass) == OS_OK;
}

bool host_send(struct host *self, uint16_t id, const void *message)
{
    return send_passing(self, id, message, NULL, 0);
}

bool host_value(struct host *self, uint16_t id, uint32_t value)
{
    struct link_value message = {.value = value};

    return host_send(self, id, &message);
}

bool host_take(struct host *self, os_socket socket)
{
    struct os_pass pass[2] = {{.kind = OS_PASS_SOCKET, .socket = socket, .handle = OS_NO_HANDLE},
                              {.kind = OS_PASS_HANDLE, .socket = OS_NO_SOCKET, .handle = OS_NO_HANDLE}};
    struct link_take take = {.address = "127.0.0.1", .family = 4};

    if (os_shm_share(&self->counters_memory, &pass[1].handle) == OS_OK &&
        send_passing(self, LINK_TAKE, &take, pass, 2))
        return true;
    os_socket_close(socket, true);
    os_handle_close(pass[1].handle);
    return false;
}

enum os_status host_receive(struct host *self, unsigned ms, bool verbose)
{
    static uint8_t buf[OS_PIPE_MESSAGE_MAX];
    const struct wire_message *description;
    const char *problem = NULL;
    enum os_status status;
    char line[4096];
    size_t len;

    drop_passes(self);
    self->id = 0;
    status = os_pipe_wait(self->link, ms);
    if (status != OS_OK)
        return status;
    self->npass = OS_PASS_MAX;
    status = os_pipe_receive(self->link, buf, sizeof buf, &len, self->pass, &self->npass);
    if (status != OS_OK) {
        self->npass = 0;
        return status;
    }
    description = wire_decode(&link_table, buf, len, &self->any, sizeof self->any, &problem);
    if (!description || description->passes != self->npass) {
        fprintf(stderr, "bad message from the peer: %s\n", problem ? problem : "wrong number of handles");
        return OS_INVALID;
    }
    self->id = description->id;
    if (verbose) {
        printf("%s\n", wire_print(description, &self->any, line, sizeof line));
        fflush(stdout);
    }
    return OS_OK;
}

bool host_expect(struct host *self, uint16_t id, unsigned ms, bool verbose)
{
    uint64_t until = os_now_ms() + ms;
    uint64_t now;

    while ((now = os_now_ms()) < until) {
        enum os_status status = host_receive(self, (unsigned)(until - now), verbose);

        if (status == OS_OK && self->id == id)
            return true;
        if (status != OS_OK && status != OS_TIMEOUT && status != OS_AGAIN)
            return false;
    }
    return false;
}

bool host_ended(struct host *self, unsigned ms, int *code)
{
    uint64_t until = os_now_ms() + ms;

    while (!os_process_ended(self->process, code)) {
        if (os_now_ms() >= until)
            return false;
        os_sleep_ms(5);
    }
    return true;
}

void host_config(struct link_config *config, const char *certificate, const char *key, const char *sam)
{
    memset(config, 0, sizeof *config);
    config->connection = 1;
    config->log_level = 2;
    config->step_timeout_ms = 700;
    config->auth_timeout_ms = 1500;
    snprintf(config->certificate, sizeof config->certificate, "%s", certificate ? certificate : "");
    snprintf(config->key, sizeof config->key, "%s", key ? key : "");
    snprintf(config->sam, sizeof config->sam, "%s", sam ? sam : "");
}

bool host_session_attach(struct host_session *self, struct host *host)
{
    const struct link_grant *grant = &host->any.grant;

    memset(self, 0, sizeof *self);
    self->seed = 1;
    self->memory = (struct os_shm)OS_SHM_INIT;
    if (host->id != LINK_GRANT || host->npass != 2 ||
        !slot_layout_init(&self->layout, grant->width, grant->height) ||
        self->layout.stride != grant->stride || self->layout.memory_size != grant->memory_size)
        return false;
    if (os_shm_map(&self->memory, host->pass[0].handle, grant->memory_size) != OS_OK)
        return false;
    host->pass[0].handle = OS_NO_HANDLE;
    if (os_pipe_from_handle(host->pass[1].handle, &self->pipe) != OS_OK) {
        os_shm_finish(&self->memory);
        return false;
    }
    host->npass = 0;
    return true;
}

void host_session_finish(struct host_session *self)
{
    os_pipe_destroy(self->pipe);
    self->pipe = NULL;
    os_shm_finish(&self->memory);
}

static bool say(struct host_session *self, uint16_t id, const void *message)
{
    static uint8_t buf[OS_PIPE_MESSAGE_MAX];
    const char *problem;
    size_t len = wire_encode(&channel_table, id, message, buf, sizeof buf, &problem);

    return len > 0 && os_pipe_send(self->pipe, buf, len, NULL, 0) == OS_OK;
}

bool host_session_hello(struct host_session *self)
{
    struct channel_hello hello = {
        .width = self->layout.width, .height = self->layout.height, .backend = "test"};

    return say(self, CHANNEL_HELLO, &hello);
}

/* What no codec can make small: xorshift32. */
static uint32_t noise(struct host_session *self)
{
    self->seed ^= self->seed << 13;
    self->seed ^= self->seed >> 17;
    self->seed ^= self->seed << 5;
    return self->seed;
}

static bool answer_credit(struct host_session *self, uint32_t slot, uint32_t color)
{
    struct channel_frame frame = {
        .slot = slot, .sequence = ++self->sequence, .captured_us = os_now_us(), .rect_count = 1};
    uint8_t *pixels = slot_pixels(&self->layout, self->memory.base, slot);

    for (uint32_t y = 0; y < self->layout.height; y++) {
        uint32_t *row = (uint32_t *)(void *)(pixels + (size_t)y * self->layout.stride);

        for (uint32_t x = 0; x < self->layout.width; x++)
            row[x] = color == HOST_NOISE ? noise(self) : color;
    }
    frame.rects[0] = (struct channel_rect){0, 0, (uint16_t)self->layout.width, (uint16_t)self->layout.height};
    return say(self, CHANNEL_FRAME, &frame);
}

bool host_session_turn(struct host_session *self, uint32_t color, unsigned ms, uint16_t *id,
                       union channel_any *any)
{
    static uint8_t buf[OS_PIPE_MESSAGE_MAX];
    const struct wire_message *description;
    const char *problem;
    unsigned npass = 0;
    size_t len;

    *id = 0;
    if (os_pipe_wait(self->pipe, ms) != OS_OK ||
        os_pipe_receive(self->pipe, buf, sizeof buf, &len, NULL, &npass) != OS_OK)
        return false;
    description = wire_decode(&channel_table, buf, len, any, sizeof *any, &problem);
    if (!description)
        return false;
    *id = description->id;
    return description->id != CHANNEL_CREDIT || any->credit.slot >= SLOT_COUNT ||
           answer_credit(self, any->credit.slot, color);
}

bool host_session_nonsense(struct host_session *self)
{
    uint8_t bytes[100];

    return os_random(bytes, sizeof bytes) == OS_OK &&
           os_pipe_send(self->pipe, bytes, sizeof bytes, NULL, 0) == OS_OK;
}

bool host_session_steal(struct host_session *self)
{
    bool good = true;

    for (uint32_t slot = 0; slot < SLOT_COUNT; slot++)
        good = answer_credit(self, slot, HOST_NOISE) && good;
    return good;
}
