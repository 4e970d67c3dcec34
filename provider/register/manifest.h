/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backup of an installation: the whole plan with what was there before, as a text file that is written
 * before the first change and says "applying" until the last one. One line per item, fields separated by
 * tabs, bytes below 0x20, 0x7f, '%' and '\' as they are but for %XX escapes of the first three kinds, data in
 * hex:
 *
 *   rdsprov-manifest  1
 *   listener  NAME        port  N        dll  PATH        enabled  0|1        source  HEX16
 *   state  applying|complete
 *   create  KEY
 *   set     KEY  NAME  TYPE  HEX  (-  |  TYPE  HEX of what was there)
 *   delete  KEY  NAME  TYPE  HEX of what was there
 *   end  NUMBER OF OPERATIONS
 *
 * The reader takes only keys that table_is_ours: whoever changes a manifest cannot have anything else
 * changed.
 */
#ifndef RDSPROV_REGISTER_MANIFEST_H
#define RDSPROV_REGISTER_MANIFEST_H

#include "register/plan.h"

#define MANIFEST_MAX (4 * 1024 * 1024) /* bytes of the file */

/* Text of a manifest on the heap, NUL-terminated; free it. NULL: no memory, or more than MANIFEST_MAX. */
char *manifest_format(const struct plan *plan, bool complete);

/* The other way. OS_INVALID: `problem` has line and reason, and `plan` is empty. finish the plan. */
enum os_status manifest_parse(const char *text, struct plan *plan, bool *complete, char *problem, size_t cap);

/* Whole small files. The new one replaces the old one in one step and is on disk when this returns. */
enum os_status file_write(const char *path, const char *text);
enum os_status file_read(const char *path,
                         char **text); /* OS_NOT_FOUND, OS_TOO_BIG (MANIFEST_MAX); free it */
enum os_status file_delete(const char *path);

#endif
