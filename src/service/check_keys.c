#include "base/ct.h"
#include "service/check_internal.h"
#include "service/column.h"
#include "service/internal.h"

#include <string.h>

#include "base/text.h"

enum { TEST_BYTES = 32, CLONES_MAX = 20, SELFTEST_HOURS = 25 };

enum { MASTER, SEAL, SELF_TESTS, CLONE };
static const check_kind kinds[] = {
    [MASTER] =
        {"keys.master",
         {"主密钥文件", "The master key's file"},
         {"master.key 须在数据目录中，属本服务用户，权限 0600（chmod "
          "600），且与启动时相同；丢失请立即从离线保管处放回，不要重启服务。",
          "master.key belongs in the data directory, to the server's user alone (chmod 600), and must be the one it "
          "started with. Lost: put it back from where it is kept offline, and do not restart before."},
         false},
    [SEAL] = {"keys.seal",
              {"密钥库加解密", "The key store seals and opens"},
              {"停止服务，检查内存与 OpenSSL 的安装，再启动。",
               "Stop the server, check the machine's memory and OpenSSL's installation, and start it again."},
              false},
    [SELF_TESTS] =
        {"keys.self_tests",
         {"密码算法自检", "Self-tests of the cryptography"},
         {"自检未通过，已停止一切签名与签发：查看日志，检查硬件，重启后若仍不通过请勿使用本机。",
          "A self-test failed and nothing is signed or issued: look at the log, check the hardware; where a restart "
          "does not pass, do not use this machine."},
         false},
    [CLONE] = {"keys.clone",
               {"疑似被复制的密钥", "A key that may have been copied"},
               {"旧密钥分量被使用，该密钥已冻结：联系本人，确认手机是否被复制或恢复过备份，然后吊销并重新登记。",
                "A replaced share was used, and the key is frozen: ask its owner whether the phone was copied or "
                "restored, then "
                "revoke the certificate and enrol anew."},
               false},
};

static void judge_master(checker *k, const key_facts *f)
{
    err e = f->master != ERR_OK ? f->master : f->same ? ERR_OK : ERR_CONFLICT;
    check_add(k, &kinds[MASTER], "", e == ERR_OK ? CHECK_OK : CHECK_FAILED, err_code(e), "0600");
}

void check_keys_judge(checker *k, const key_facts *f, int64_t now_ms)
{
    arena *a = k->c->arena;
    bool old = now_ms - f->selftest_at_ms > SELFTEST_HOURS * CHECK_HOUR_MS;
    judge_master(k, f);
    check_add(k, &kinds[SEAL], "", f->seals ? CHECK_OK : CHECK_FAILED, f->seals ? "ok" : "failed", "ok");
    check_add(k, &kinds[SELF_TESTS], "",
              !f->selftest_passed ? CHECK_FAILED
              : old               ? CHECK_WARNING
                                  : CHECK_OK,
              !f->selftest_passed ? f->selftest_failures : check_text_time(a, f->selftest_at_ms),
              check_text_ms(a, SELFTEST_HOURS * CHECK_HOUR_MS));
}

/* As a start would: the file's owner and mode are looked at as well. */
static err open_again(checker *k, bool *same)
{
    static const char purpose[] = "check/master";
    const service_options *o = &k->c->service->options;
    uint8_t there[32], here[32];
    keystore *again;
    *same = false;
    if (!o->data_dir)
        return ERR_NOT_FOUND;
    TRY(keystore_open(&again, o->data_dir, false, &o->rng));
    keystore_derive(again, purpose, there);
    keystore_derive(o->keystore, purpose, here);
    *same = ct_equal(there, here, sizeof here);
    keystore_close(again);
    wipe(there, sizeof there);
    wipe(here, sizeof here);
    return ERR_OK;
}

static bool seals(const service_options *o)
{
    static const uint8_t plain[TEST_BYTES] = {1, 2, 3};
    static const char place[] = "check.seal";
    uint8_t sealed[TEST_BYTES + KEYSTORE_OVERHEAD], opened[TEST_BYTES];
    bytes context = bytes_of_text(place);
    return keystore_seal(o->keystore, context, bytes_of(plain, sizeof plain), sealed, &o->rng) == ERR_OK &&
           keystore_unseal(o->keystore, context, bytes_of(sealed, sizeof sealed), opened) == ERR_OK &&
           memcmp(opened, plain, sizeof plain) == 0;
}

/* Keys that a retired share was used with, as long as nobody has dealt with them. */
static void list_clones(checker *k)
{
    store_result rows;
    if (store_query(k->c->service->options.store, k->c->arena, &rows,
                    "SELECT id, alarmed_at FROM device_key WHERE state = 'frozen' AND alarmed_at IS NOT NULL ORDER BY "
                    "id LIMIT $1",
                    (store_value[]){store_int(CLONES_MAX)}, 1) != ERR_OK)
        return;
    for (size_t i = 0; i < rows.rows; i++) {
        uint8_t id[16];
        char text[UUID_TEXT];
        if (store_column_id(id, &rows.values[2 * i]) != ERR_OK)
            continue;
        uuid_encode(text, id);
        check_add(k, &kinds[CLONE], arena_printf(k->c->arena, "%s", text), CHECK_FAILED,
                  check_text_time(k->c->arena, column_int(&rows.values[2 * i + 1])), "");
    }
}

static void run(checker *k)
{
    service *s = k->c->service;
    selftest_report report;
    char failures[SELFTEST_NAMES];
    key_facts f = {.seals = seals(&s->options)};
    f.master = open_again(k, &f.same);
    selftest_read(s, &report);
    selftest_failures(&report, failures);
    f.selftest_passed = report.passed;
    f.selftest_at_ms = report.at_ms;
    f.selftest_failures = arena_printf(k->c->arena, "%s", failures);
    check_keys_judge(k, &f, k->c->now_ms);
    list_clones(k);
}

const check_family check_keys = {kinds, sizeof kinds / sizeof *kinds, run};
