/* SPDX-License-Identifier: Apache-2.0 */
#include "loader_common.h"

#include <stdio.h>
#include <stdlib.h>

#include "call.h"
#include "probe.h"
#include "rules.h"

/* Nobody has this class. */
static const CLSID no_class = {0x0badc0de, 0x1111, 0x2222, {0x80, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99}};

static void check_class_object(get_class_object_fn get_class_object)
{
    void *object;
    HRESULT hr;

    PROBE(&object);
    hr = CALL(0, "Library", "DllGetClassObject", get_class_object(&no_class, &IID_IClassFactory, &object));
    rule_check(RULE_CLASS_FACTORY, FAILED(hr) && !object, 0,
               "DllGetClassObject of an unknown class returned 0x%08x and %s", (unsigned)hr,
               object ? "left or wrote a pointer" : "NULL");
}

void loader_check_factory(IClassFactory *factory)
{
    /* any object will do for an outer unknown: it must be refused before it is used */
    void *object;
    HRESULT hr;

    PROBE(&object);
    hr = CALL(0, "ClassFactory", "CreateInstance",
              IClassFactory_CreateInstance(factory, (IUnknown *)factory, &IID_IUnknown, &object));
    rule_check(RULE_CLASS_FACTORY, hr == CLASS_E_NOAGGREGATION && !object, 0,
               "CreateInstance with an outer object returned 0x%08x and %s", (unsigned)hr,
               object ? "left or wrote a pointer" : "NULL");
}

bool loader_create_manager(get_class_object_fn get_class_object, const CLSID *clsid, const IID *iid,
                           void **out, char *problem, size_t cap)
{
    IClassFactory *factory = NULL;
    void *object;
    HRESULT hr;

    *out = NULL;
    check_class_object(get_class_object);
    PROBE(&object);
    hr = CALL(0, "Library", "DllGetClassObject", get_class_object(clsid, &IID_IClassFactory, &object));
    factory = probe_object(0, "DllGetClassObject", hr, object);
    if (!factory) {
        snprintf(problem, cap, "it has no such class: DllGetClassObject returned 0x%08x", (unsigned)hr);
        return false;
    }
    loader_check_factory(factory);
    PROBE(&object);
    hr = CALL(0, "ClassFactory", "CreateInstance", IClassFactory_CreateInstance(factory, NULL, iid, &object));
    *out = probe_object(0, "CreateInstance", hr, object);
    if (!*out)
        snprintf(problem, cap, "it made no manager: CreateInstance returned 0x%08x", (unsigned)hr);
    IClassFactory_Release(factory);
    return *out != NULL;
}

void loader_abandon(struct loader *self)
{
    free(self);
}
