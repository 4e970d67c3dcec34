/* SPDX-License-Identifier: Apache-2.0 */
/* The files that an administrator gives a peer: any bytes as certificate, key and SAM file. They are refused
 * with a line, or used. */
#include <sys/mman.h>
#include <unistd.h>

#include <winpr/ssl.h>

#include "fuzz.h"
#include "peer/certificate.h"
#include "peer/sam.h"

struct file {
    int handle;
    char path[64];
};

static struct file certificate_file = {.handle = -1}, key_file = {.handle = -1}, sam_file = {.handle = -1};

static void put(struct file *self, const uint8_t *data, size_t size)
{
    if (self->handle < 0) {
        self->handle = memfd_create("file", 0);
        MUST(self->handle >= 0);
        snprintf(self->path, sizeof self->path, "/proc/self/fd/%d", self->handle);
    }
    MUST(ftruncate(self->handle, 0) == 0 && pwrite(self->handle, data, size, 0) == (ssize_t)size);
}

static void try_sam(struct input *input)
{
    char problem[1024] = "";

    put(&sam_file, input->at, input->left);
    if (sam_check(sam_file.path, problem, sizeof problem))
        sam_proves(sam_file.path, "demo", "", "demo");
    else
        MUST(problem[0]);
}

static void try_certificate(struct input *input)
{
    struct certificate certificate;
    struct link_config config = {0};
    char problem[1024] = "";
    const uint8_t *piece;
    size_t len = input_piece(input, &piece);

    put(&certificate_file, piece, len);
    put(&key_file, input->at, input->left);
    snprintf(config.certificate, sizeof config.certificate, "%s", certificate_file.path);
    snprintf(config.key, sizeof config.key, "%s", key_file.path);
    if (certificate_load(&certificate, &config, problem, sizeof problem)) {
        MUST(strlen(certificate.fingerprint) == 32 * 3 - 1 && certificate.pem_len == len);
        certificate_finish(&certificate);
    } else {
        MUST(problem[0] && !certificate.pem && !certificate.key_pem);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool once;
    struct input input = {data, size};

    if (!once)
        winpr_InitializeSSL(WINPR_SSL_INIT_DEFAULT);
    once = true;
    if (input_byte(&input) % 2)
        try_certificate(&input);
    else
        try_sam(&input);
    return 0;
}
