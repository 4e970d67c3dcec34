/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two families of provider interfaces: IWRds (Windows Server 2012 and later) and IWTS (2008 R2,
 * "legacy"). rdsim speaks one of them in a run. Objects are kept under their IWRds type whatever they are;
 * these macros call a method that both families have with the same arguments. `legacy` says which family it
 * is. A pointer to an object of one family passes as a void pointer.
 */
#ifndef RDSIM_FAMILY_H
#define RDSIM_FAMILY_H

#include "abi/wtsprotocol.h"

#define FAMILY_CALL(legacy, kind, object, method, ...)                                                       \
    ((legacy) ? IWTSProtocol##kind##_##method((IWTSProtocol##kind *)(void *)(object), ##__VA_ARGS__)         \
              : IWRdsProtocol##kind##_##method((object), ##__VA_ARGS__))

#define MANAGER(service, method, ...)                                                                        \
    FAMILY_CALL((service)->legacy, Manager, (service)->manager, method, ##__VA_ARGS__)
#define CONNECTION(self, method, ...)                                                                        \
    FAMILY_CALL((self)->legacy, Connection, (self)->object, method, ##__VA_ARGS__)
#define LICENSE(self, license, method, ...)                                                                  \
    FAMILY_CALL((self)->legacy, LicenseConnection, license, method, ##__VA_ARGS__)
#define REDIRECTOR(self, method, ...)                                                                        \
    FAMILY_CALL((self)->legacy, LogonErrorRedirector, (self)->redirector, method, ##__VA_ARGS__)

#define FAMILY_IID(legacy, kind) ((legacy) ? &IID_IWTSProtocol##kind : &IID_IWRdsProtocol##kind)

#endif
