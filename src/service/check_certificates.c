#include "pki/tls_certificate.h"
#include "service/check_internal.h"
#include "service/column.h"
#include "service/internal.h"
#include "service/tsa_unit.h"

enum { CA_WARN = 180, CA_FAIL = 30, UNIT_WARN = 60, UNIT_FAIL = 14, TLS_WARN = 30, TLS_FAIL = 7, SOON = 7, MONTH = 30 };

enum { ROOT, ISSUING, UNIT, TLS, ROOT_CRL, ISSUING_CRL, PERSONAL };
#define NEW_CRL                                                                                                        \
    {                                                                                                                  \
        "服务器通常自动续发：查看日志与自检结果；CRL 过期后验证方会拒绝所有证书。",                                    \
            "The server makes it by itself: look at the log and the self-tests. Once it is out of date others refuse " \
            "every "                                                                                                   \
            "certificate."                                                                                             \
    }
static const check_kind kinds[] = {
    [ROOT] = {"certificates.root",
              {"根 CA 证书剩余有效期", "Root CA: time left"},
              {"着手建立新的根 CA，并在到期前把它分发给各业务系统与手机。",
               "Set about a new root CA, and give it to business systems and phones before the old one ends."},
              false},
    [ISSUING] = {"certificates.issuing",
                 {"签发 CA 证书剩余有效期", "Issuing CA: time left"},
                 {"在到期前由根 CA 签发新的签发 CA 证书；个人证书不能比它更晚到期。",
                  "Have the root CA certify a new issuing CA in time: no personal certificate outlives it."},
                 false},
    [UNIT] = {"certificates.tsa",
              {"时间戳证书剩余有效期", "Timestamp unit: time left"},
              {"新建一个时间戳单元并切换，然后停用旧的（yiqian tsa unit）。",
               "Make a new timestamp unit, move to it, then retire the old one (yiqian tsa unit)."},
              false},
    [TLS] = {"certificates.tls",
             {"TLS 证书剩余有效期", "TLS certificate: time left"},
             {"换发服务器 TLS 证书（yiqian tls renew，或由签发它的 CA），然后重启服务。",
              "Renew the server's TLS certificate (yiqian tls renew, or its CA), and restart the server."},
             false},
    [ROOT_CRL] = {"certificates.root_crl", {"根 CA 的 CRL", "The root's CRL"}, NEW_CRL, false},
    [ISSUING_CRL] = {"certificates.issuing_crl", {"签发 CA 的 CRL", "The issuing CA's CRL"}, NEW_CRL, false},
    [PERSONAL] =
        {"certificates.personal",
         {"30 天内到期的个人证书", "Personal certificates that end within 30 days"},
         {"有证书将在 7 天内到期：通知本人在手机上更新（证书页面可按到期时间筛选）。",
          "Some end within 7 days: have their people renew them on the phone (the certificates page lists them)."},
         true},
};

static void judge_end(checker *k, const check_kind *kind, const char *subject, int64_t left_ms, int64_t warn_days,
                      int64_t fail_days)
{
    arena *a = k->c->arena;
    check_state state = left_ms < fail_days * CHECK_DAY_MS   ? CHECK_FAILED
                        : left_ms < warn_days * CHECK_DAY_MS ? CHECK_WARNING
                                                             : CHECK_OK;
    check_add(k, kind, subject, state, check_text_ms(a, left_ms), check_text_ms(a, warn_days * CHECK_DAY_MS));
}

/* A list is made anew at half its life: with a quarter left that has failed for long. */
static void judge_crl(checker *k, const check_kind *kind, int64_t next_ms, int64_t life_ms, int64_t now_ms)
{
    enum { QUARTER = 4 };
    int64_t left_ms = next_ms - now_ms;
    check_state state = next_ms == 0 || left_ms <= 0  ? CHECK_FAILED
                        : left_ms < life_ms / QUARTER ? CHECK_WARNING
                                                      : CHECK_OK;
    check_add(k, kind, "", state, next_ms == 0 ? "" : check_text_ms(k->c->arena, left_ms),
              check_text_ms(k->c->arena, life_ms / QUARTER));
}

void check_unit_judge(checker *k, const char *name, int64_t end_ms, int64_t now_ms)
{
    judge_end(k, &kinds[UNIT], name, end_ms - now_ms, UNIT_WARN, UNIT_FAIL);
}

void check_certificates_judge(checker *k, const certificate_facts *f, int64_t now_ms)
{
    arena *a = k->c->arena;
    judge_end(k, &kinds[ROOT], "", f->root_end_ms - now_ms, CA_WARN, CA_FAIL);
    judge_end(k, &kinds[ISSUING], "", f->issuing_end_ms - now_ms, CA_WARN, CA_FAIL);
    if (f->tls_end_ms != 0)
        judge_end(k, &kinds[TLS], "", f->tls_end_ms - now_ms, TLS_WARN, TLS_FAIL);
    judge_crl(k, &kinds[ROOT_CRL], f->root_crl_ms, f->crl_life_ms, now_ms);
    judge_crl(k, &kinds[ISSUING_CRL], f->issuing_crl_ms, f->crl_life_ms, now_ms);
    check_add(k, &kinds[PERSONAL], "",
              f->expiring_30 < 0  ? CHECK_UNKNOWN
              : f->expiring_7 > 0 ? CHECK_WARNING
                                  : CHECK_OK,
              f->expiring_30 < 0 ? "" : check_text_number(a, f->expiring_30), "");
}

static int64_t crl_end(checker *k, const char *issuer)
{
    const store_value *row;
    return store_query_one(k->c->service->options.store, k->c->arena, &row, ERR_OK,
                           "SELECT max(next_update) FROM crl WHERE issuer = $1", (store_value[]){store_text(issuer)},
                           1) == ERR_OK
               ? column_int(row)
               : 0;
}

static int64_t expiring(checker *k, int64_t days)
{
    const store_value *row;
    int64_t now_ms = k->c->now_ms;
    return store_query_one(
               k->c->service->options.store, k->c->arena, &row, ERR_OK,
               "SELECT count(*) FROM certificate WHERE state = 'active' AND not_after > $1 AND not_after < $2",
               (store_value[]){store_int(now_ms), store_int(now_ms + days * CHECK_DAY_MS)}, 2) == ERR_OK
               ? row->i
               : HOST_UNKNOWN;
}

static int64_t tls_end(checker *k)
{
    enum { THOUSAND = 1000 };
    tls_facts tls;
    bytes pem = k->c->service->options.tls_certificate;
    return pem.n > 0 && tls_read(k->c->arena, pem, &tls) == ERR_OK ? tls.not_after * THOUSAND : 0;
}

static void run(checker *k)
{
    service *s = k->c->service;
    int64_t now_ms = k->c->now_ms;
    check_certificates_judge(k,
                             &(certificate_facts){.root_end_ms = s->root.cert.not_after_ms,
                                                  .issuing_end_ms = s->issuing.cert.not_after_ms,
                                                  .tls_end_ms = tls_end(k),
                                                  .root_crl_ms = crl_end(k, "root"),
                                                  .issuing_crl_ms = crl_end(k, "issuing"),
                                                  .crl_life_ms = s->options.crl_hours * CHECK_HOUR_MS,
                                                  .expiring_7 = expiring(k, SOON),
                                                  .expiring_30 = expiring(k, MONTH)},
                             now_ms);
    for (const tsa_unit *u = tsa_unit_first(s); u; u = tsa_unit_next(u))
        if (atomic_load(&u->state) == TSA_UNIT_ACTIVE)
            check_unit_judge(k, u->name, u->not_after_ms, now_ms);
}

const check_family check_certificates = {kinds, sizeof kinds / sizeof *kinds, run};
