/* SPDX-License-Identifier: Apache-2.0 */
#define ABI_DEFINE_GUIDS
#include "abi/tsvirtualchannels.h"
#include "abi/wtsprotocol.h"
