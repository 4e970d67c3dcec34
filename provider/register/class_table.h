/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What registering the manager's class with COM writes: one table for DllRegisterServer (com_class.c) and
 * for the installer's plan, so that both leave the same keys. ThreadingModel Both: the service's callback
 * interfaces have no proxy, so an apartment would break them (gaps.md 8).
 */
#ifndef RDSPROV_REGISTER_CLASS_TABLE_H
#define RDSPROV_REGISTER_CLASS_TABLE_H

/* CLSID_RdsprovManager as text; unit.register.windows checks that it is. */
#define CLASS_ID_TEXT "{1F2E6F9A-67A6-433E-9EC8-17C1F3354DE5}"
#define CLASS_KEY "SOFTWARE\\Classes\\CLSID\\" CLASS_ID_TEXT /* below HKEY_LOCAL_MACHINE */
#define CLASS_SERVER_KEY CLASS_KEY "\\InprocServer32"

struct class_value {
    const char *key;
    const char *name; /* "": the key's default value */
    const char *text; /* NULL: the path of the DLL */
};

static const struct class_value class_values[] = {
    {CLASS_KEY, "", "rdsprov Remote Desktop protocol provider"},
    {CLASS_SERVER_KEY, "", NULL},
    {CLASS_SERVER_KEY, "ThreadingModel", "Both"},
};

/* Of a class that somebody registered before: with an AppID, COM may look for it in another process. */
#define CLASS_UNWANTED_VALUE "AppID" /* of CLASS_KEY */

#endif
