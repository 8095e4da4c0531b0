/* `yiqian ts`: timestamps by RFC 3161, of any server. Named as openssl ts names things. */
#include "cmd/ts.h"

/* Of ts_query_options, which stands first in ts_request_options. */
#define QUERY_ROWS                                                                                                     \
    {.name = "FILE",                                                                                                   \
     .kind = OPTION_PATH,                                                                                              \
     .flags = OPTION_OPERAND,                                                                                          \
     .help = {"要加盖时间戳的文件（只发送其摘要）", "what is to be timestamped (only its digest is sent)"},            \
     .offset = offsetof(ts_query_options, file)},                                                                      \
        {.name = "hash",                                                                                               \
         .kind = OPTION_CHOICE,                                                                                        \
         .choices = "sm3|sha256|sha384|sha512",                                                                        \
         .help = {"摘要算法（默认 sm3）", "the digest's algorithm (sm3)"},                                             \
         .offset = offsetof(ts_query_options, hash)},                                                                  \
        {.name = "imprint",                                                                                            \
         .kind = OPTION_TEXT,                                                                                          \
         .value = "HEX",                                                                                               \
         .help = {"代替文件的摘要值", "a digest instead of the file"},                                                 \
         .offset = offsetof(ts_query_options, imprint)},                                                               \
        {.name = "policy",                                                                                             \
         .kind = OPTION_TEXT,                                                                                          \
         .value = "OID",                                                                                               \
         .help = {"要求的时间戳策略", "the policy that is asked for"},                                                 \
         .offset = offsetof(ts_query_options, policy)},                                                                \
    {                                                                                                                  \
        .name = "no-nonce", .kind = OPTION_FLAG, .help = {"不带随机数", "without a nonce"},                            \
        .offset = offsetof(ts_query_options, no_nonce)                                                                 \
    }

#define URL_ROW(type, member)                                                                                          \
    {                                                                                                                  \
        .name = "url", .kind = OPTION_TEXT, .value = "URL",                                                            \
        .help = {"时间戳服务的地址，http(s)://、tcp:// 或 tls://（默认：本服务器的 /tsa）",                            \
                 "of the timestamp server: http(s)://, tcp:// or tls:// (/tsa of --server)"},                          \
        .offset = offsetof(type, member)                                                                               \
    }

static const option_row query_rows[] = {
    QUERY_ROWS,
    {.name = "cert",
     .kind = OPTION_FLAG,
     .help = {"要求应答中带签名证书", "the response shall carry the signer's certificate"},
     .offset = offsetof(ts_query_options, certificates)},
    {.name = "output",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"写入文件，如 x.tsq（默认：标准输出）", "write to a file, x.tsq (standard output)"},
     .offset = offsetof(ts_query_options, output)}};

static const option_row reply_rows[] = {
    {.name = "FILE",
     .kind = OPTION_PATH,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help = {"请求 .tsq：提交并取得应答；应答 .tsr：显示其状态",
              "a query .tsq: asks for its response; a response .tsr: says its status"},
     .offset = offsetof(ts_reply_options, file)},
    URL_ROW(ts_reply_options, url),
    {.name = "output",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"应答写入此文件，如 x.tsr", "the response's file, x.tsr"},
     .offset = offsetof(ts_reply_options, output)}};

static const option_row request_rows[] = {
    QUERY_ROWS,
    URL_ROW(ts_request_options, url),
    {.name = "root",
     .kind = OPTION_LIST,
     .value = "FILE",
     .help = {"受信任的根证书（PEM 或 DER，可多次）；不给则不检查证书链",
              "a trusted root (PEM or DER, several times); without one the chain is not looked at"},
     .offset = offsetof(ts_request_options, roots)},
    {.name = "output",
     .kind = OPTION_PATH,
     .flags = OPTION_REQUIRED,
     .value = "FILE",
     .help = {"应答写入此文件，如 x.tsr", "the response's file, x.tsr"},
     .offset = offsetof(ts_request_options, query.output)}};

static const option_row show_rows[] = {
    {.name = "FILE",
     .kind = OPTION_PATH,
     .flags = OPTION_REQUIRED | OPTION_OPERAND,
     .help = {"请求 .tsq、应答 .tsr 或令牌 .tst", "a query .tsq, a response .tsr or a token .tst"},
     .offset = offsetof(ts_show_options, file)}};

static const option_row verify_rows[] = {
    {.name = "FILE",
     .kind = OPTION_PATH,
     .flags = OPTION_OPERAND,
     .help = {"被加盖时间戳的文件", "what was timestamped"},
     .offset = offsetof(ts_verify_options, file)},
    {.name = "token",
     .kind = OPTION_PATH,
     .flags = OPTION_REQUIRED,
     .value = "FILE",
     .help = {"应答 .tsr 或令牌 .tst", "the response .tsr or the token .tst"},
     .offset = offsetof(ts_verify_options, token)},
    {.name = "imprint",
     .kind = OPTION_TEXT,
     .value = "HEX",
     .help = {"代替文件的摘要值", "a digest instead of the file"},
     .offset = offsetof(ts_verify_options, imprint)},
    {.name = "hash",
     .kind = OPTION_CHOICE,
     .choices = "sm3|sha256|sha384|sha512",
     .help = {"--imprint 的算法（默认：令牌所用）", "the algorithm of --imprint (the token's)"},
     .offset = offsetof(ts_verify_options, hash)},
    {.name = "query",
     .kind = OPTION_PATH,
     .value = "FILE",
     .help = {"请求 .tsq：比对其摘要、随机数与策略",
              "the query .tsq: its imprint, nonce and policy must be the token's"},
     .offset = offsetof(ts_verify_options, query)},
    {.name = "policy",
     .kind = OPTION_TEXT,
     .value = "OID",
     .help = {"要求的策略", "the policy that it must have"},
     .offset = offsetof(ts_verify_options, policy)},
    {.name = "root",
     .kind = OPTION_LIST,
     .value = "FILE",
     .help = {"受信任的根证书（PEM 或 DER，可多次）：离线验证；不给则由服务器验证",
              "a trusted root (PEM or DER, several times): verifies here; without one the server does"},
     .offset = offsetof(ts_verify_options, roots)},
    {.name = "certificates",
     .kind = OPTION_LIST,
     .value = "FILE",
     .help = {"令牌中没有的证书", "certificates that the token does not have"},
     .offset = offsetof(ts_verify_options, certificates)},
    {.name = "crl",
     .kind = OPTION_LIST,
     .value = "FILE",
     .help = {"吊销列表（与 --root 同用）", "revocation lists (with --root)"},
     .offset = offsetof(ts_verify_options, crls)},
    {.name = "time",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = {"按这个时刻判断，如 2026-03-01T16:30:00+08:00（默认：现在）",
              "judge as of this time, 2026-03-01T16:30:00+08:00 (now)"},
     .offset = offsetof(ts_verify_options, time)}};

static const command commands[] = {
    {.name = "query",
     .summary = {"生成时间戳请求（.tsq），不联网", "make a timestamp query (.tsq), asking nobody"},
     .notes = {"与 openssl ts -query 相当。例：\n  yiqian ts query 出院小结.pdf --cert --output x.tsq",
               "As openssl ts -query. Example:\n  yiqian ts query summary.pdf --cert --output x.tsq"},
     .caller = CALLER_NOBODY,
     COMMAND_OPTIONS(query_rows, ts_query_options),
     .run = ts_query},
    {.name = "reply",
     .summary = {"提交请求取得应答，或显示应答的状态", "have a query answered, or say a response's status"},
     .notes = {"退出码：0 已签发；1 被拒绝。例：\n  yiqian ts reply x.tsq --output x.tsr",
               "Exit status: 0 granted; 1 refused. Example:\n  yiqian ts reply x.tsq --output x.tsr"},
     .caller = CALLER_NOBODY,
     COMMAND_OPTIONS(reply_rows, ts_reply_options),
     .run = ts_reply},
    {.name = "request",
     .summary = {"向时间戳服务取得时间戳，并作基本验证", "get a timestamp from a server, and look at it"},
     .notes = {"任何 RFC 3161 时间戳服务均可。例：\n"
               "  yiqian ts request 出院小结.pdf --url http://127.0.0.1:8970/tsa --output x.tsr",
               "Any RFC 3161 server will do. Example:\n"
               "  yiqian ts request summary.pdf --url http://127.0.0.1:8970/tsa --output x.tsr"},
     .caller = CALLER_NOBODY,
     COMMAND_OPTIONS(request_rows, ts_request_options),
     .run = ts_request},
    {.name = "show",
     .summary = {"显示请求、应答或令牌的全部内容", "what a query, response or token says"},
     .caller = CALLER_NOBODY,
     COMMAND_OPTIONS(show_rows, ts_show_options),
     .run = ts_show},
    {.name = "verify",
     .summary = {"验证时间戳，逐项给出结果", "verify a timestamp, check by check"},
     .notes = {"退出码：0 有效；1 无效。例：\n"
               "  yiqian ts verify --token x.tsr 出院小结.pdf --root root.pem\n"
               "  yiqian ts verify --token x.tsr --query x.tsq",
               "Exit status: 0 valid; 1 not valid. Examples:\n"
               "  yiqian ts verify --token x.tsr summary.pdf --root root.pem\n"
               "  yiqian ts verify --token x.tsr --query x.tsq"},
     .caller = CALLER_EITHER,
     COMMAND_OPTIONS(verify_rows, ts_verify_options),
     .run = ts_verify}};

const command_group ts_group = {
    .name = "ts",
    .summary = {"时间戳：请求、取得、查看、验证", "timestamps: queries, responses, what they say, verification"},
    COMMAND_GROUP(commands)};
