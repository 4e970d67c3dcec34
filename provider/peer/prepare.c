/* SPDX-License-Identifier: Apache-2.0 */
#include "peer/prepare.h"

#include <stdio.h>
#include <string.h>

#include "os/log.h"
#include "peer/certificate.h"
#include "peer/security.h"
#include "peer/text.h"

#define PROBLEM_MAX (LINK_PATH_MAX * 2 + 512)

static bool certificate_ready(const struct link_config *config, bool make, struct link_prepared *answer,
                              char *problem, size_t cap)
{
    struct certificate certificate;
    bool missing;

    if (!certificate_missing(config, &missing, problem, cap))
        return false;
    if (missing && !make) {
        snprintf(problem, cap, "certificate file %s: there is no such file", config->certificate);
        return false;
    }
    if (missing && !certificate_make(config, problem, cap))
        return false;
    if (!certificate_load(&certificate, config, problem, cap))
        return false;
    text_clean(answer->fingerprint, sizeof answer->fingerprint, certificate.fingerprint);
    text_clean(answer->certificate_info, sizeof answer->certificate_info, certificate.info);
    certificate_finish(&certificate);
    if (missing)
        log_info("peer", 0, "made a self-signed certificate: %s", config->certificate);
    return true;
}

void prepare_check(const struct link_config *config, const struct link_prepare *request,
                   struct link_prepared *answer)
{
    char problem[PROBLEM_MAX] = "";

    memset(answer, 0, sizeof *answer);
    answer->ok = certificate_ready(config, request->make_certificate, answer, problem, sizeof problem) &&
                 security_check(config, problem, sizeof problem);
    text_clean(answer->text, sizeof answer->text, problem);
}
