/* SPDX-License-Identifier: Apache-2.0 */
/* What `prepare` says about certificate, key and SAM file. The peer process answers in the first test, the
 * function in the others. */
#include "check.h"

#include <stdio.h>

#ifndef _WIN32
#include <sys/stat.h>
#endif

#include "files.h"
#include "host.h"
#include "peer/prepare.h"
#include "peer/sam.h"

static struct link_prepared answer;

static bool prepare(const char *certificate, const char *key, const char *sam, enum link_security security,
                    bool make)
{
    struct link_prepare request = {.make_certificate = make};
    struct link_config config;

    host_config(&config, certificate ? files_path(certificate) : NULL, key ? files_path(key) : NULL,
                sam ? files_path(sam) : NULL);
    config.security = security;
    prepare_check(&config, &request, &answer);
    return answer.ok;
}

static bool says(const char *file, const char *problem)
{
    bool good = !answer.ok && strstr(answer.text, files_path(file)) && strstr(answer.text, problem) &&
                !strchr(answer.text, '\n');

    if (!good)
        fprintf(stderr, "answer: \"%s\"\n", answer.text);
    return good;
}

TEST(process_makes_certificate)
{
    struct link_prepare request = {.make_certificate = 1};
    struct link_config config;
    static struct host host;
    char first[128];
    int code = -1;

    host_config(&config, files_path("made.pem"), files_path("made.key"), NULL);
    REQUIRE(host_start(&host));
    CHECK(host_send(&host, LINK_CONFIG, &config) && host_send(&host, LINK_PREPARE, &request));
    CHECK(host_expect(&host, LINK_PREPARED, 10000, false));
    CHECK_INT(host.any.prepared.ok, 1);
    CHECK_INT(strlen(host.any.prepared.fingerprint), 32 * 3 - 1);
    CHECK(strstr(host.any.prepared.certificate_info, "RSA 2048") != NULL);
    snprintf(first, sizeof first, "%s", host.any.prepared.fingerprint);
    /* again: the same */
    CHECK(host_send(&host, LINK_PREPARE, &request) && host_expect(&host, LINK_PREPARED, 10000, false));
    CHECK_STR(host.any.prepared.fingerprint, first);
    os_pipe_destroy(host.link);
    host.link = NULL;
    CHECK(host_ended(&host, 2000, &code));
    CHECK_INT(code, 0);
    host_finish(&host);
#ifndef _WIN32
    struct stat info;
    REQUIRE(stat(files_path("made.key"), &info) == 0);
    CHECK_INT(info.st_mode & 0777, 0600);
#endif
}

TEST(ecdsa)
{
    struct link_prepare request = {.make_certificate = 1};
    struct link_config config;

    host_config(&config, files_path("ec.pem"), files_path("ec.key"), NULL);
    config.key_type = LINK_KEY_ECDSA;
    prepare_check(&config, &request, &answer);
    CHECK_INT(answer.ok, 1);
    CHECK(strstr(answer.certificate_info, "EC 256") != NULL);
}

TEST(not_asked_to_make)
{
    CHECK(!prepare("none.pem", "none.key", NULL, LINK_SECURITY_TLS, false));
    CHECK(says("none.pem", "there is no such file"));
}

TEST(cannot_make)
{
    CHECK(!prepare("none/x.pem", "none/x.key", NULL, LINK_SECURITY_TLS, true));
    CHECK(says("none/x.key", "cannot write"));
}

TEST(only_one_file)
{
    REQUIRE(prepare("one.pem", "one.key", NULL, LINK_SECURITY_TLS, true));
    CHECK(!prepare("one.pem", "other.key", NULL, LINK_SECURITY_TLS, true));
    CHECK(says("other.key", "there is no such file"));
    CHECK(!prepare("other.pem", "one.key", NULL, LINK_SECURITY_TLS, true));
    CHECK(says("other.pem", "there is no such file"));
    CHECK(!prepare(NULL, "one.key", NULL, LINK_SECURITY_TLS, true));
    CHECK(strstr(answer.text, "no certificate file is configured") != NULL);
}

TEST(broken_files)
{
    REQUIRE(prepare("good.pem", "good.key", NULL, LINK_SECURITY_TLS, true));
    REQUIRE(files_write("bad.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"));
    CHECK(!prepare("bad.pem", "good.key", NULL, LINK_SECURITY_TLS, true));
    CHECK(says("bad.pem", "not a certificate"));
    REQUIRE(files_write("bad.key", "this is no key\n"));
    CHECK(!prepare("good.pem", "bad.key", NULL, LINK_SECURITY_TLS, true));
    CHECK(says("bad.key", "not a private key"));
    REQUIRE(files_write("empty.pem", ""));
    CHECK(!prepare("empty.pem", "good.key", NULL, LINK_SECURITY_TLS, true));
    CHECK(says("empty.pem", "not a certificate"));
    /* a folder where a file should be: also what root cannot read */
    CHECK(!prepare("good.pem", ".", NULL, LINK_SECURITY_TLS, true));
    CHECK(says(".", "not a regular file"));
}

TEST(mismatch)
{
    REQUIRE(prepare("a.pem", "a.key", NULL, LINK_SECURITY_TLS, true));
    REQUIRE(prepare("b.pem", "b.key", NULL, LINK_SECURITY_TLS, true));
    CHECK(!prepare("a.pem", "b.key", NULL, LINK_SECURITY_TLS, true));
    CHECK(says("b.key", "is not the key of"));
}

TEST(sam_file)
{
    REQUIRE(prepare("s.pem", "s.key", NULL, LINK_SECURITY_ANY, true));
    CHECK(!prepare("s.pem", "s.key", NULL, LINK_SECURITY_NLA, true));
    CHECK(strstr(answer.text, "sam-file is not set") != NULL);
    CHECK(!prepare("s.pem", "s.key", "none.sam", LINK_SECURITY_NLA, true));
    CHECK(says("none.sam", "there is no such file"));
    REQUIRE(files_write("good.sam", files_sam));
    CHECK(prepare("s.pem", "s.key", "good.sam", LINK_SECURITY_NLA, true));
    CHECK(prepare("s.pem", "s.key", "good.sam", LINK_SECURITY_ANY, true));
    REQUIRE(files_write("bad.sam", "# accounts\ndemo:::878d8014606cda29677a44efa1353fc7:::\nnonsense\n"));
    CHECK(!prepare("s.pem", "s.key", "bad.sam", LINK_SECURITY_ANY, true));
    CHECK(says("bad.sam", "line 3"));
    CHECK(prepare("s.pem", "s.key", "bad.sam", LINK_SECURITY_TLS, true));
    /* no hash is sixteen zero bytes to WinPR: anybody's password */
    REQUIRE(files_write("open.sam", "demo:::::\n"));
    CHECK(!prepare("s.pem", "s.key", "open.sam", LINK_SECURITY_NLA, true));
    CHECK(says("open.sam", "NT hash"));
    REQUIRE(files_write("empty.sam", "# nobody\n"));
    CHECK(!prepare("s.pem", "s.key", "empty.sam", LINK_SECURITY_NLA, true));
    CHECK(says("empty.sam", "no account"));
}

TEST(sam_proves_passwords)
{
    REQUIRE(files_write(
        "p.sam", "other:::00000000000000000000000000000000:::\ndemo:::878d8014606cda29677a44efa1353fc7:::\n"
                 "demo:CORP::31d6cfe0d16ae931b73c59d7e0c089c0:::\n"));
    CHECK(sam_proves(files_path("p.sam"), "demo", "", "secret"));
    CHECK(sam_proves(files_path("p.sam"), "demo", "ELSEWHERE", "secret")); /* as a local account */
    CHECK(!sam_proves(files_path("p.sam"), "demo", "CORP", "secret"));
    CHECK(sam_proves(files_path("p.sam"), "demo", "CORP", "")); /* its hash is that of the empty password */
    CHECK(!sam_proves(files_path("p.sam"), "demo", "", "Secret"));
    CHECK(!sam_proves(files_path("p.sam"), "demo", "", ""));
    CHECK(!sam_proves(files_path("p.sam"), "nobody", "", "secret"));
    CHECK(!sam_proves(files_path("p.sam"), "other", "", ""));
    CHECK(!sam_proves(files_path("none.sam"), "demo", "", "secret"));
}
