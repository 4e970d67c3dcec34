/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of QueryInterface, asked of a connection object when it comes in, or at any time. */
#include "connection.h"
#include "family.h"
#include "probe.h"

/* nobody has it */
static const IID no_interface = {0x0badc0de, 0x1, 0x2, {0x83, 4, 5, 6, 7, 8, 9, 10}};

/* The interface with its reference, or NULL when the object has none or it cannot be right. */
static void *optional(struct connection *self, const IID *iid, const char *name, IUnknown *identity)
{
    IUnknown *found = NULL, *unknown = NULL;

    if (FAILED(CONNECTION(self, QueryInterface, iid, (void **)&found)) || !found)
        return NULL;
    /* the vtables differ, so the pointers have to */
    if (rule_check(RULE_COM_IDENTITY, (void *)found != (void *)self->object, self->id,
                   "%s and the connection are one pointer", name) &&
        SUCCEEDED(IUnknown_QueryInterface(found, &IID_IUnknown, (void **)&unknown))) {
        bool same =
            rule_check(RULE_COM_IDENTITY, unknown == identity, self->id, "%s has another IUnknown", name);

        IUnknown_Release(unknown);
        if (same)
            return found;
    }
    IUnknown_Release(found);
    return NULL;
}

void identity_judge(struct connection *self)
{
    void *out;
    HRESULT hr;

    PROBE(&out);
    hr = CONNECTION(self, QueryInterface, &no_interface, &out);
    rule_check(RULE_COM_IDENTITY, hr == E_NOINTERFACE && !out, self->id,
               "QueryInterface of an unknown interface returned 0x%08x and %s", (unsigned)hr,
               out ? "a pointer" : "NULL");
    if (SUCCEEDED(hr) && out)
        IUnknown_Release((IUnknown *)out);
    PROBE(&out);
    hr = CONNECTION(self, QueryInterface, FAMILY_IID(!self->legacy, Connection), &out);
    rule_check(RULE_COM_FAMILY, FAILED(hr), self->id, "the connection answers for the other family too");
    if (SUCCEEDED(hr))
        IUnknown_Release((IUnknown *)out);
    PROBE(&out);
    hr = CONNECTION(self, QueryInterface, FAMILY_IID(self->legacy, Connection), &out);
    rule_check(RULE_COM_IDENTITY, SUCCEEDED(hr) && out == (void *)self->object, self->id,
               "QueryInterface of the connection's own interface gives another pointer");
    if (SUCCEEDED(hr))
        IUnknown_Release((IUnknown *)out);
}

void identity_look(struct connection *self)
{
    IUnknown *identity = NULL;
    HRESULT hr;

    identity_judge(self);
    hr = CONNECTION(self, QueryInterface, &IID_IUnknown, (void **)&identity);
    if (!rule_check(RULE_COM_IDENTITY, SUCCEEDED(hr) && identity, self->id, "the connection has no IUnknown"))
        return;
    if (!self->legacy) {
        self->idd = optional(self, &IID_IWRdsWddmIddProps, "IWRdsWddmIddProps", identity);
        self->idd1 = optional(self, &IID_IWRdsWddmIddProps1, "IWRdsWddmIddProps1", identity);
    }
    IUnknown_Release(identity);
}
