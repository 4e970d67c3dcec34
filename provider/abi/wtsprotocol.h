/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Windows ABI of the Remote Desktop Services protocol provider, both families. Include this
 * one, or the part that is needed. "methods.md 4.19" in these headers names section and slot of the
 * project's notes on what each call means; gaps.md numbers what no source says.
 */
#ifndef RDSPROV_ABI_WTSPROTOCOL_H
#define RDSPROV_ABI_WTSPROTOCOL_H

#include "abi/wrdsgraphics.h"
#include "abi/wrdsmanager.h"
#include "abi/wrdsoptional.h"
#include "abi/wtslegacy.h"
#include "abi/wtsrelated.h"

#endif
