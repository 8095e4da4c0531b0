/* The device's half against a hostile server: honest answers of every kind, of which the input spoils any part. A touched answer gives nothing:
 * no key, no signature, no second use of the session. */
#include "party.h"

enum { ITEMS_MAX = 4 };

static pair p, other;
static const uint8_t dW[32] = {[31] = 77}, auth_id[MPC_ID] = {0xa7, 0x11};

static void set_up(void)
{
    if (p.rng.fill)
        return;
    pair_make(&p, 1);
    pair_make(&other, 2);
}

static void keygen(choices *c)
{
    mpc_keygen_answer answer = p.answer;
    bool spoilt = party_spoil_point(c, answer.P, other.answer.P);
    spoilt |= party_spoil_point(c, answer.P2, other.answer.P2);
    party_check_encoding(answer.P);
    err e = mpc_step_keygen_check(&p.d1, &p.keygen, &answer);
    CHECK(spoilt ? e == ERR_POINT || e == ERR_ANSWER : e == ERR_OK);
}

static void sign(choices *c)
{
    exchange x;
    uint8_t untouched[ITEMS_MAX][64];
    exchange_open(&x, &p, 1 + choose_below(c, ITEMS_MAX));
    exchange_answer(&x, &p);
    memset(x.signatures, 0x5c, x.m * sizeof *x.signatures);
    memcpy(untouched, x.signatures, x.m * sizeof *x.signatures);
    bool spoilt = false;
    for (size_t i = 0; i < x.m; i++) {
        spoilt |= party_spoil_point(c, x.answers[i].W, x.answers[(i + 1) % x.m].W);
        spoilt |= party_spoil_bytes(c, x.answers[i].s1, 32);
        party_check_encoding(x.answers[i].W);
    }
    size_t m = x.m - (choose_below(c, 8) == 7);
    spoilt |= m != x.m;
    err e = mpc_device_finish(x.session, x.signatures, x.answers, m);
    CHECK(spoilt ? e == ERR_POINT || e == ERR_SCALAR || e == ERR_ANSWER : e == ERR_OK);
    for (size_t i = 0; i < x.m; i++)
        CHECK(spoilt ? memcmp(x.signatures[i], untouched[i], 64) == 0
                     : sm2_verify_bytes(p.share.P, x.request.items[i].e, x.signatures[i]) == ERR_OK);
    CHECK(mpc_device_finish(x.session, x.signatures, x.answers, x.m) == ERR_CONSUMED);
    exchange_close(&x);
}

static void authorised(choices *c)
{
    static const uint8_t scope[] = "{\"systems\":[\"emr\"]}";
    uint8_t sealed[MPC_SEALED], before[MPC_SEALED], id[MPC_ID], P[POINT_SIZE], shown[sizeof scope];
    mpc_authorise_request request = {.scope = bytes_of(scope, sizeof scope)};
    sm2_private workstation;
    scalar d1;
    CHECK(sm2_private_from_bytes(&workstation, dW) == ERR_OK);
    memcpy(request.key_id, p.key_id, MPC_ID);
    memcpy(request.auth_id, auth_id, MPC_ID);
    memset(request.sid, 1, MPC_ID);
    memcpy(request.pkW, workstation.public_key, POINT_SIZE);
    CHECK(mpc_device_authorise(&request, sealed, &p.d1, p.share.P, &p.rng) == ERR_OK);
    memcpy(before, sealed, sizeof before);
    memcpy(id, auth_id, MPC_ID);
    memcpy(P, p.share.P, POINT_SIZE);
    memcpy(shown, scope, sizeof scope);
    bool spoilt = party_spoil_point(c, sealed, other.share.P);
    (void)choose_edits(c, sealed, sizeof sealed);
    spoilt = memcmp(before, sealed, sizeof before) != 0;
    spoilt |= party_spoil_bytes(c, id, MPC_ID);
    spoilt |= party_spoil_point(c, P, other.share.P);
    (void)choose_edits(c, shown, sizeof shown);
    spoilt |= memcmp(shown, scope, sizeof scope) != 0;
    size_t cut = choose_below(c, 4) == 3 ? 1 + choose(c) % (MPC_SEALED - 1) : 0;
    spoilt |= cut > 0;
    err e = mpc_device_authorised(&d1, bytes_of(sealed, sizeof sealed - cut), dW, id, P, bytes_of(shown, sizeof shown));
    CHECK(spoilt ? e == ERR_DECRYPT || e == ERR_ANSWER : e == ERR_OK);
    CHECK(!spoilt || pair_is_zero(&d1, sizeof d1));
}

/* What the device kept: any PIN and any blob give some share or a refusal. */
static void unmask(choices *c)
{
    mpc_device_blob blob = {.iterations = MPC_ITERATIONS_MIN};
    bytes pin = choose_bytes(c, choose_below(c, 16)), x = choose_bytes(c, 32);
    scalar d1;
    err e = mpc_pin_check(pin);
    CHECK(e == ERR_OK || e == ERR_WEAK_PIN);
    CHECK(e != ERR_OK || (pin.n >= MPC_PIN_MIN && pin.n <= MPC_PIN_MAX));
    memcpy(blob.x, x.p ? x.p : blob.x, x.n);
    blob.iterations = choose(c) & 1 ? MPC_ITERATIONS_MAX + choose(c) + 1u : choose_u16(c) % MPC_ITERATIONS_MIN;
    CHECK(mpc_device_unmask(&d1, &blob, pin) == ERR_RANGE);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n)
{
    static void (*const messages[])(choices *) = {keygen, sign, authorised, unmask};
    choices c = {bytes_of(in, n)};
    set_up();
    p.generator.drawn = 100; /* the same draws for every input */
    messages[choose_below(&c, 4)](&c);
    return 0;
}
