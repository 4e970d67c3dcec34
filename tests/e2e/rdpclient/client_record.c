/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what the server sends to a file, one PDU after the other, as it was inside TLS. */
#include <stdio.h>

#include <winpr/stream.h>

#include "client_private.h"

static void write_pdu(const char *path, wStream *pdu)
{
    size_t len = Stream_Length(pdu);
    const uint8_t header[4] = {(uint8_t)len, (uint8_t)(len >> 8), (uint8_t)(len >> 16), (uint8_t)(len >> 24)};
    FILE *file = fopen(path, "ab");

    if (!file)
        return; /* the test misses it */
    fwrite(header, 1, sizeof(header), file);
    fwrite(Stream_Buffer(pdu), 1, len, file);
    fclose(file);
}

static int on_read_pdu(rdpTransport *transport, wStream *pdu)
{
    struct client *self = client_of(transport_get_context(transport));
    int result = self->io.ReadPdu(transport, pdu);

    if (result > 0)
        write_pdu(self->options.record, pdu);
    return result;
}

bool client_record(struct client *self, rdpContext *context)
{
    const rdpTransportIo *io = freerdp_get_io_callbacks(context);
    rdpTransportIo hooked;

    if (!self->options.record[0])
        return true;
    if (!io)
        return false;
    self->io = hooked = *io;
    hooked.ReadPdu = on_read_pdu;
    return freerdp_set_io_callbacks(context, &hooked);
}
