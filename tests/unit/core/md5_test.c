/* SPDX-License-Identifier: Apache-2.0 */
/* The vectors of RFC 1321 A.5 and RFC 2202 2. */
#include "check.h"

#include "core/md5.h"

static const char *hex(const uint8_t digest[MD5_SIZE])
{
    static char text[2 * MD5_SIZE + 1];

    for (unsigned i = 0; i < MD5_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    return text;
}

static const char *sum(const char *text)
{
    uint8_t digest[MD5_SIZE];

    md5_sum(text, strlen(text), digest);
    return hex(digest);
}

static const char *hmac(const void *key, size_t key_len, const void *data, size_t len)
{
    uint8_t digest[MD5_SIZE];

    md5_hmac(key, key_len, data, len, digest);
    return hex(digest);
}

TEST(rfc1321)
{
    CHECK_STR(sum(""), "d41d8cd98f00b204e9800998ecf8427e");
    CHECK_STR(sum("a"), "0cc175b9c0f1b6a831c399e269772661");
    CHECK_STR(sum("abc"), "900150983cd24fb0d6963f7d28e17f72");
    CHECK_STR(sum("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
    CHECK_STR(sum("abcdefghijklmnopqrstuvwxyz"), "c3fcd3d76192e4007dfb496cca67e13b");
    CHECK_STR(sum("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
              "d174ab98d277d9f5a5611c2c9f419d9f");
    CHECK_STR(sum("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
              "57edf4a22be3c955ac49da2e2107b67a");
}

/* RFC 1321 has no text whose padding fills its block exactly. */
TEST(padding_edges)
{
    static const struct {
        size_t len;
        const char *digest;
    } edges[] = {
        {55, "ef1772b6dff9a122358552954ad0df65"}, {56, "3b0c8ac703f828b04c6c197006d17218"},
        {63, "b06521f39153d618550606be297466d5"}, {64, "014842d480b571495a4a0363793f7367"},
        {65, "c743a45e0d2e6a95cb859adae0248435"},
    };
    uint8_t text[80], digest[MD5_SIZE];

    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        md5_sum(text, edges[i].len, digest);
        CHECK_STR(hex(digest), edges[i].digest);
    }
}

TEST(rfc2202)
{
    uint8_t key[80], data[50];

    memset(key, 0x0b, 16);
    CHECK_STR(hmac(key, 16, "Hi There", 8), "9294727a3638bb1c13f48ef8158bfc9d");
    CHECK_STR(hmac("Jefe", 4, "what do ya want for nothing?", 28), "750c783e6ab0b503eaa86e310a5db738");
    memset(key, 0xaa, 16);
    memset(data, 0xdd, 50);
    CHECK_STR(hmac(key, 16, data, 50), "56be34521d144c88dbb8c733f0e8b3f6");
    for (unsigned i = 0; i < 25; i++)
        key[i] = (uint8_t)(i + 1);
    memset(data, 0xcd, 50);
    CHECK_STR(hmac(key, 25, data, 50), "697eaf0aca3a3aea3a75164746ffaa79");
    memset(key, 0x0c, 16);
    CHECK_STR(hmac(key, 16, "Test With Truncation", 20), "56461ef2342edc00f9bab995690efd4c");
    memset(key, 0xaa, 80);
    CHECK_STR(hmac(key, 80, "Test Using Larger Than Block-Size Key - Hash Key First", 54),
              "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
    CHECK_STR(hmac(key, 80, "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data", 73),
              "6f630fad67cda0ee1fb1f562db3aa53e");
}
