/* SPDX-License-Identifier: Apache-2.0 */
#include "script.h"

void lives_play(const char *library, unsigned count, uint32_t seed, bool verbose)
{
}
