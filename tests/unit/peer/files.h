/* SPDX-License-Identifier: Apache-2.0 */
/* A scratch folder for one test program: certificate, key and SAM files to try things on. */
#ifndef RDSPROV_UNIT_PEER_FILES_H
#define RDSPROV_UNIT_PEER_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* Path of a file in the folder, which is made at first use and removed with its files at exit. One of 8
 * static buffers. */
const char *files_path(const char *name);
bool files_write(const char *name, const char *text);
bool files_read(const char *name, char *buf, size_t cap);

#define FILES_USER "demo"
#define FILES_PASSWORD "secret"
/* demo:::<NT hash of "secret">::: */
extern const char files_sam[];

#endif
