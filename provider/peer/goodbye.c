/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/goodbye.h"

#include <freerdp/freerdp.h>
#include <freerdp/transport_io.h>
#include <winpr/stream.h>
#include <winpr/winsock.h>

#include "peer/life.h"

#define STEP_MS 10

/* MCS Disconnect Provider Ultimatum, rn-provider-initiated (1): choice 8 in 6 bits, the reason in 3, padding;
 * in X.224 data in TPKT ([MS-RDPBCGR] 4.1.13 shows the user-requested one, 21 80). FreeRDP sends it only
 * behind a Deactivate All. */
static const BYTE ultimatum[] = {0x03, 0x00, 0x00, 0x09, 0x02, 0xf0, 0x80, 0x20, 0x80};

static bool send_ultimatum(rdpContext *context)
{
    const rdpTransportIo *io = freerdp_get_io_callbacks(context);
    wStream *stream = Stream_New(NULL, sizeof ultimatum);
    bool sent;

    if (!io || !io->WritePdu || !stream) {
        Stream_Free(stream, TRUE);
        return false;
    }
    Stream_Write(stream, ultimatum, sizeof ultimatum);
    sent = io->WritePdu(freerdp_get_transport(context), stream) >= 0;
    Stream_Free(stream, TRUE);
    return sent;
}

static void flush(freerdp_peer *peer, uint64_t until_ms)
{
    while (peer->IsWriteBlocked(peer) && peer->DrainOutputBuffer(peer) > 0 && os_now_ms() < until_ms)
        os_sleep_ms(STEP_MS);
}

/* Reads what the client still sends until it closes too: a close with unread data would reset the connection,
 * and the client would lose the reason that is on its way. */
static void linger(os_socket socket, uint64_t until_ms)
{
    char sink[4096];
    u_long on = 1;

    if (_ioctlsocket((SOCKET)socket, FIONBIO, &on) != 0)
        return;
    _shutdown((SOCKET)socket, SD_SEND);
    while (os_now_ms() < until_ms) {
        int got = _recv((SOCKET)socket, sink, sizeof sink, 0);

        if (got == 0 || (got < 0 && WSAGetLastError() != WSAEWOULDBLOCK))
            return;
        if (got < 0)
            os_sleep_ms(STEP_MS);
    }
}

bool goodbye_say(freerdp_peer *peer, os_socket socket, enum link_phase phase, uint32_t error_info)
{
    rdpContext *context = peer->context;
    uint64_t until = os_now_ms() + LIFE_LINGER_MS;
    bool told = false;

    if (phase < LINK_PHASE_CLIENT_INFO)
        return false;
    freerdp_set_error_info(context->rdp, error_info);
    if (phase < LINK_PHASE_ACTIVE) {
        told = error_info && freerdp_send_error_info(context->rdp);
        told = send_ultimatum(context) && told;
    } else {
        /* FreeRDP's own clients understand Set Error Info but do not announce it
         * (RNS_UD_CS_SUPPORT_ERRINFO_PDU): without this they would show no reason. To others it is one last
         * PDU that they ignore. */
        bool announced = freerdp_settings_set_bool(context->settings, FreeRDP_SupportErrorInfoPdu, TRUE);

        told = peer->Close(peer) && announced && error_info;
    }
    flush(peer, until);
    linger(socket, until);
    return told;
}
