/* The server half: d2, w, t and everything drawn are secret; the device's requests and the answers are public. */
#include "ct.h"

#include "mpc/mpc_device.h"
#include "mpc/mpc_server.h"

enum { ITEMS = 18 }; /* more than are encoded at once */

typedef struct enrolled {
    scalar d1; /* the other half, no secret here */
    mpc_server_share share;
} enrolled;

static void id(uint8_t out[MPC_ID])
{
    public_bytes(out, MPC_ID);
}

static void enrol(enrolled *out)
{
    uint8_t enrolment_id[MPC_ID], key_id[MPC_ID];
    mpc_keygen_request request;
    mpc_keygen_answer answer, repeated;
    id(enrolment_id);
    id(key_id);
    NEED(mpc_device_keygen(&out->d1, &request, enrolment_id, &public_rng) == ERR_OK);
    NEED(outcome(mpc_server_keygen(&out->share, &answer, &request, key_id, &secret_rng)) == ERR_OK);
    PUBLIC(answer);
    PUBLIC(out->share.P);
    NEED(outcome(mpc_server_keygen_repeat(&repeated, &out->share, key_id)) == ERR_OK);
    PUBLIC(repeated);
    NEED(memcmp(&repeated, &answer, sizeof answer) == 0);
}

static void sign(const enrolled *key)
{
    static mpc_sign_item items[ITEMS];
    static mpc_sign_answer answers[ITEMS];
    static point_odd scratch[2 * ITEMS];
    static uint8_t signatures[ITEMS][64];
    mpc_sign_request request = {.m = ITEMS, .items = items};
    mpc_server_checked checked;
    mpc_device_session *session;
    id(request.key_id);
    id(request.sid);
    for (int i = 0; i < ITEMS; i++)
        public_bytes(items[i].e, sizeof items[i].e);
    NEED(mpc_device_sign(&session, &request, &key->d1, key->share.P, &public_rng) == ERR_OK);
    NEED(mpc_server_sign_check(&checked, scratch, &key->share, &request) == ERR_OK);
    NEED(outcome(mpc_server_sign_answer(answers, &key->share, &request, &checked, &secret_rng)) == ERR_OK);
    PUBLIC(answers);
    NEED(mpc_device_finish(session, signatures, answers, ITEMS) == ERR_OK);
    mpc_device_session_destroy(session);
}

static void refresh(const enrolled *key)
{
    mpc_refresh_request request;
    mpc_refresh_confirm confirm;
    mpc_server_share fresh;
    scalar new_d1;
    uint8_t u_server[32], known[32];
    id(request.key_id);
    id(request.sid);
    id(request.rid);
    public_bytes(request.u_device, sizeof request.u_device);
    NEED(mpc_device_refresh(&request, &key->d1, key->share.P, &public_rng) == ERR_OK);
    NEED(mpc_server_refresh_check(&key->share, &request) == ERR_OK);
    public_bytes(u_server, sizeof u_server);
    memcpy(known, u_server, sizeof known);
    SECRET(u_server);
    NEED(outcome(mpc_server_refresh(&fresh, &key->share, &request, u_server)) == ERR_OK);
    PUBLIC(fresh.P1);
    id(confirm.sid);
    NEED(mpc_device_confirm(&confirm, &new_d1, &key->d1, &request, known, key->share.P, &public_rng) == ERR_OK);
    NEED(mpc_server_confirm_check(&fresh, &confirm) == ERR_OK);
}

static void authorise(const enrolled *key)
{
    static const char scope[] = "{\"systems\":[\"emr\"]}";
    mpc_authorise_request request = {.scope = bytes_of(scope, sizeof scope - 1)};
    mpc_server_share authorised;
    sm2_private workstation;
    uint8_t sealed[MPC_SEALED];
    NEED(sm2_private_generate(&workstation, &public_rng) == ERR_OK);
    memcpy(request.pkW, workstation.public_key, POINT_SIZE);
    id(request.key_id);
    id(request.sid);
    id(request.auth_id);
    NEED(mpc_device_authorise(&request, sealed, &key->d1, key->share.P, &public_rng) == ERR_OK);
    SECRET(request.t);
    NEED(outcome(mpc_server_authorise(&authorised, &key->share, &request)) == ERR_OK);
}

void ct_server(void)
{
    enrolled key;
    enrol(&key);
    sign(&key);
    refresh(&key);
    authorise(&key);
}
