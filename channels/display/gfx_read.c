/* SPDX-License-Identifier: Apache-2.0 */
#include "channels/display/gfx_read.h"

#include <string.h>

#include <freerdp/channels/rdpgfx.h>

#define HEADER_SIZE 8
#define CAPSET_SIZE 8
#define CACHE_ENTRY_SIZE 12

/* [MS-RDPEGFX] 2.2.3, best first. 10.1 carries 16 reserved bytes instead of flags. */
static const struct gfx_version versions[] = {
    {RDPGFX_CAPVERSION_107, "10.7"}, {RDPGFX_CAPVERSION_106, "10.6"}, {RDPGFX_CAPVERSION_106_ERR, "10.6"},
    {RDPGFX_CAPVERSION_105, "10.5"}, {RDPGFX_CAPVERSION_104, "10.4"}, {RDPGFX_CAPVERSION_103, "10.3"},
    {RDPGFX_CAPVERSION_102, "10.2"}, {RDPGFX_CAPVERSION_101, "10.1"}, {RDPGFX_CAPVERSION_10, "10.0"},
    {RDPGFX_CAPVERSION_81, "8.1"},   {RDPGFX_CAPVERSION_8, "8.0"},
};
#define VERSIONS (sizeof(versions) / sizeof(versions[0]))

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static const struct gfx_version *find_version(uint32_t id)
{
    for (size_t i = 0; i < VERSIONS; i++)
        if (versions[i].id == id)
            return &versions[i];
    return NULL;
}

static bool read_caps(const uint8_t *body, size_t len, struct gfx_read *out)
{
    if (len < 2)
        return false;
    out->offered = get16(body);
    body += 2;
    len -= 2;
    for (unsigned i = 0; i < out->offered; i++) {
        const struct gfx_version *version;
        uint32_t size, flags;

        if (len < CAPSET_SIZE || get32(body + 4) > len - CAPSET_SIZE)
            return false;
        version = find_version(get32(body));
        size = get32(body + 4);
        flags = size >= 4 && version && version->id != RDPGFX_CAPVERSION_101 ? get32(body + CAPSET_SIZE) : 0;
        /* in every set: some clients leave the flag out of some versions, and have one cache all the same */
        if (flags & (RDPGFX_CAPS_FLAG_SMALL_CACHE | RDPGFX_CAPS_FLAG_THINCLIENT))
            out->small_cache = true;
        if (version && (!out->version || version < out->version)) {
            out->version = version;
            out->flags = flags;
        }
        body += CAPSET_SIZE + size;
        len -= CAPSET_SIZE + size;
    }
    return true;
}

static bool read_body(const uint8_t *body, size_t len, struct gfx_read *out)
{
    switch (out->id) {
    case RDPGFX_CMDID_FRAMEACKNOWLEDGE:
        if (len < 12)
            return false;
        out->kind = GFX_READ_ACK;
        out->queue_depth = get32(body);
        out->frame = get32(body + 4);
        return true;
    case RDPGFX_CMDID_CAPSADVERTISE:
        out->kind = GFX_READ_CAPS;
        return read_caps(body, len, out);
    case RDPGFX_CMDID_CACHEIMPORTOFFER:
        out->kind = GFX_READ_CACHE_OFFER;
        return len >= 2 && get16(body) < RDPGFX_CACHE_ENTRY_MAX_COUNT &&
               len - 2 >= (size_t)get16(body) * CACHE_ENTRY_SIZE;
    case RDPGFX_CMDID_QOEFRAMEACKNOWLEDGE:
        return len >= 12;
    default:
        return true;
    }
}

bool gfx_read(const uint8_t **data, size_t *len, struct gfx_read *out, const char **problem)
{
    const uint8_t *pdu = *data;
    uint32_t size;

    memset(out, 0, sizeof(*out));
    *problem = "a message shorter than its header";
    if (*len < HEADER_SIZE)
        return false;
    out->id = get16(pdu);
    size = get32(pdu + 4);
    *problem = "a message whose length is not that of its data";
    if (size < HEADER_SIZE || size > *len)
        return false;
    *problem = "a message that is not what its type says";
    if (!read_body(pdu + HEADER_SIZE, size - HEADER_SIZE, out))
        return false;
    *data += size;
    *len -= size;
    return true;
}
