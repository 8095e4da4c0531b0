/* The server's half against a hostile device: honest messages of every kind, of which the input spoils any part with valid points, points that
 * are none, scalars out of range and single bytes. An untouched message is taken; a touched one never is, because the proof binds all. */
#include "party.h"

enum { ITEMS_MAX = 5 };

static pair p, other;

static void set_up(void)
{
    if (p.rng.fill)
        return;
    pair_make(&p, 1);
    pair_make(&other, 2);
}

static void keygen(choices *c)
{
    mpc_keygen_request request = p.keygen;
    mpc_keygen_answer answer;
    mpc_server_share share;
    bool spoilt = party_spoil_bytes(c, request.enrolment_id, MPC_ID);
    spoilt |= party_spoil_point(c, request.P1, other.keygen.P1);
    spoilt |= party_spoil_proof(c, &request.proof);
    err e = mpc_server_keygen(&share, &answer, &request, p.key_id, &p.rng);
    CHECK(spoilt ? party_refuses(e) : e == ERR_OK);
    CHECK(!spoilt || pair_is_zero(&share, sizeof share));
    party_check_encoding(request.P1);
}

/* Sends the items in another order, doubles one, or leaves one out. */
static bool spoil_items(choices *c, mpc_sign_request *request)
{
    mpc_sign_item before[ITEMS_MAX + 1], *items = request->items;
    size_t m = request->m;
    memcpy(before, items, m * sizeof *items);
    for (size_t i = 0; i < m; i++) {
        if (!(choose(c) & 1))
            continue;
        (void)party_spoil_bytes(c, items[i].e, 32);
        (void)party_spoil_point(c, items[i].A, items[i].B);
        (void)party_spoil_point(c, items[i].B, p.share.P1);
        party_check_encoding(items[i].A);
    }
    unsigned how = choose_below(c, 5), i = choose(c) % (unsigned)m, k = choose(c) % (unsigned)m;
    if (how == 1) {
        mpc_sign_item swap = items[i];
        items[i] = items[k];
        items[k] = swap;
    } else if (how == 2) {
        items[request->m++] = items[i];
    } else if (how == 3) {
        request->m--;
    } else if (how == 4) {
        request->m = choose(c) & 1 ? 0 : MPC_BATCH_MAX + 1;
    }
    return request->m != m || memcmp(before, items, m * sizeof *items) != 0;
}

static void sign(choices *c)
{
    mpc_sign_item items[ITEMS_MAX + 1];
    mpc_sign_request request = {.m = 1 + choose_below(c, ITEMS_MAX), .items = items};
    mpc_device_session *session;
    mpc_server_checked checked;
    point_odd scratch[2 * (ITEMS_MAX + 1)];
    mpc_sign_answer answers[ITEMS_MAX];
    uint8_t signatures[ITEMS_MAX][64];
    size_t m = request.m;
    memset(items, 0x3c, sizeof items);
    memcpy(request.key_id, p.key_id, MPC_ID);
    pair_fresh(&p, request.sid, MPC_ID);
    for (size_t i = 0; i < m; i++)
        pair_fresh(&p, items[i].e, 32);
    CHECK(mpc_device_sign(&session, &request, &p.d1, p.share.P, &p.rng) == ERR_OK);
    bool spoilt = spoil_items(c, &request);
    spoilt |= party_spoil_bytes(c, request.key_id, MPC_ID);
    spoilt |= party_spoil_bytes(c, request.sid, MPC_ID);
    spoilt |= party_spoil_proof(c, &request.proof);
    err e = mpc_server_sign_check(&checked, scratch, &p.share, &request);
    CHECK(spoilt ? party_refuses(e) : e == ERR_OK);
    if (!spoilt) {
        CHECK(mpc_server_sign_answer(answers, &p.share, &request, &checked, &p.rng) == ERR_OK);
        CHECK(mpc_device_finish(session, signatures, answers, m) == ERR_OK);
        for (size_t i = 0; i < m; i++)
            CHECK(sm2_verify_bytes(p.share.P, items[i].e, signatures[i]) == ERR_OK);
    }
    mpc_device_session_destroy(session);
}

static void refresh(choices *c)
{
    mpc_refresh_request request;
    mpc_refresh_confirm confirm;
    mpc_server_share fresh;
    scalar new_d1;
    uint8_t u_server[32];
    memcpy(request.key_id, p.key_id, MPC_ID);
    pair_fresh(&p, request.sid, MPC_ID);
    pair_fresh(&p, request.rid, MPC_ID);
    pair_fresh(&p, request.u_device, 32);
    pair_fresh(&p, u_server, 32);
    CHECK(mpc_device_refresh(&request, &p.d1, p.share.P, &p.rng) == ERR_OK);
    CHECK(mpc_server_refresh(&fresh, &p.share, &request, u_server) == ERR_OK);
    pair_fresh(&p, confirm.sid, MPC_ID);
    CHECK(mpc_device_confirm(&confirm, &new_d1, &p.d1, &request, u_server, p.share.P, &p.rng) == ERR_OK);

    bool spoilt = party_spoil_bytes(c, request.key_id, MPC_ID);
    spoilt |= party_spoil_bytes(c, request.sid, MPC_ID);
    spoilt |= party_spoil_bytes(c, request.rid, MPC_ID);
    spoilt |= party_spoil_bytes(c, request.u_device, 32);
    spoilt |= party_spoil_proof(c, &request.proof);
    err e = mpc_server_refresh_check(&p.share, &request);
    CHECK(spoilt ? party_refuses(e) : e == ERR_OK);

    spoilt = party_spoil_bytes(c, confirm.key_id, MPC_ID);
    spoilt |= party_spoil_bytes(c, confirm.sid, MPC_ID);
    spoilt |= party_spoil_bytes(c, confirm.rid, MPC_ID);
    spoilt |= party_spoil_proof(c, &confirm.proof);
    e = mpc_server_confirm_check(&fresh, &confirm);
    CHECK(spoilt ? party_refuses(e) : e == ERR_OK);
    CHECK(mpc_server_confirm_check(&p.share, &confirm) != ERR_OK); /* the old share proves nothing any more */
}

static void authorise(choices *c)
{
    uint8_t sealed[MPC_SEALED], scope[] = "{\"systems\":[\"emr\"],\"count\":3}";
    mpc_authorise_request request = {.scope = bytes_of(scope, sizeof scope - 1)};
    mpc_server_share share;
    memcpy(request.key_id, p.key_id, MPC_ID);
    pair_fresh(&p, request.sid, MPC_ID);
    pair_fresh(&p, request.auth_id, MPC_ID);
    memcpy(request.pkW, other.share.P, POINT_SIZE);
    CHECK(mpc_device_authorise(&request, sealed, &p.d1, p.share.P, &p.rng) == ERR_OK);
    bool spoilt = party_spoil_bytes(c, request.key_id, MPC_ID);
    spoilt |= party_spoil_bytes(c, request.sid, MPC_ID);
    spoilt |= party_spoil_bytes(c, request.auth_id, MPC_ID);
    spoilt |= party_spoil_bytes(c, request.t, 32);
    spoilt |= party_spoil_point(c, request.pkW, p.share.P);
    spoilt |= choose_edits(c, scope, sizeof scope - 1) &&
              memcmp(scope, "{\"systems\":[\"emr\"],\"count\":3}", sizeof scope) != 0;
    uint8_t before[MPC_SEALED];
    memcpy(before, sealed, sizeof before);
    (void)choose_edits(c, sealed, sizeof sealed);
    spoilt |= memcmp(before, sealed, sizeof before) != 0;
    if (choose(c) & 1) {
        request.sealed.n -= 1 + choose_below(c, MPC_SEALED - 1);
        spoilt = true;
    }
    spoilt |= party_spoil_proof(c, &request.proof);
    err e = mpc_server_authorise(&share, &p.share, &request);
    CHECK(spoilt ? party_refuses(e) : e == ERR_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t n)
{
    static void (*const messages[])(choices *) = {keygen, sign, refresh, authorise};
    choices c = {bytes_of(in, n)};
    set_up();
    p.generator.drawn = 100; /* the same draws for every input */
    messages[choose_below(&c, 4)](&c);
    return 0;
}
