/* SPDX-License-Identifier: Apache-2.0 */
/* What the client said in GCC, Client Info and CredSSP, as the `client` message of the link. */
#ifndef RDSPROV_PEER_CLIENT_DATA_H
#define RDSPROV_PEER_CLIENT_DATA_H

#include <freerdp/settings.h>

#include "channels/display/layout.h"
#include "link/link.h"

struct credentials {
    uint16_t user[LINK_NAME_MAX], domain[LINK_NAME_MAX], password[LINK_NAME_MAX];
    bool complete; /* the password is all there */
    bool smartcard_pin;
};

/* Moves user, domain and password out of the settings: wiped there. */
void credentials_take(struct credentials *self, rdpSettings *settings);

/* Everything but user, domain, password and `authenticated`. */
void client_data_fill(struct link_client *client, const rdpSettings *settings);
void client_data_credentials(struct link_client *client, const struct credentials *credentials);

/* The desktop that the client gets: the configured size, or what it asked for within the link's caps, with
 * its monitors if they make up that size; width even. */
void client_data_layout(const struct link_config *config, const rdpSettings *settings, struct layout *layout);

#endif
