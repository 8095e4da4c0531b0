/* The device half: d1, the mask, the PIN, a, b, k, t and everything drawn are secret; what is sent is public once it is sent. */
#include "ct.h"

#include "mpc/mpc_device.h"
#include "mpc/mpc_server.h"
#include "mpc/mpc_step.h"

enum { ITEMS = 3, ITERATIONS = MPC_ITERATIONS_MIN };

static const char pin[] = "290417";

typedef struct enrolled {
    scalar d1;
    mpc_server_share share; /* the other half, whose secrets are none here */
    mpc_device_blob blob;
} enrolled;

static void id(uint8_t out[MPC_ID])
{
    public_bytes(out, MPC_ID);
}

static bytes the_pin(void)
{
    return bytes_of(pin, sizeof pin - 1);
}

/* K1 and K3. The check that a PIN is no common one branches on it, on the device and for its owner's eyes; from there on it is
 * secret: unmask_with_secret_pin. */
static void enrol(enrolled *out)
{
    uint8_t enrolment_id[MPC_ID], key_id[MPC_ID];
    mpc_keygen_request request;
    mpc_keygen_answer answer;
    scalar d1;
    id(enrolment_id);
    id(key_id);
    NEED(outcome(mpc_device_keygen(&out->d1, &request, enrolment_id, &secret_rng)) == ERR_OK);
    PUBLIC(request);
    NEED(mpc_server_keygen(&out->share, &answer, &request, key_id, &public_rng) == ERR_OK);
    d1 = out->d1;
    NEED(outcome(mpc_device_keep(&out->blob, &d1, &request, &answer, the_pin(), ITERATIONS, &public_rng)) == ERR_OK);
    NEED(VALGRIND_CHECK_MEM_IS_DEFINED(&out->blob.salt, sizeof out->blob.salt) == 0);

    /* An answer that is not true is refused. */
    d1 = out->d1;
    memcpy(answer.P2, request.P1, POINT_SIZE);
    NEED(outcome(mpc_step_keygen_check(&d1, &request, &answer)) == ERR_ANSWER);
}

static void unmask_with_secret_pin(const enrolled *key)
{
    char secret_pin[sizeof pin];
    mpc_device_blob blob;
    scalar d1;
    memcpy(secret_pin, pin, sizeof pin);
    SECRET(secret_pin);
    const bytes given = bytes_of(secret_pin, sizeof pin - 1);
    NEED(outcome(mpc_step_mask(&blob, &key->d1, key->share.P, given, ITERATIONS, key->blob.salt)) == ERR_OK);
    NEED(outcome(mpc_device_unmask(&d1, &blob, given)) == ERR_OK);
    bool equal = scalar_equal(&d1, &key->d1);
    PUBLIC(equal);
    NEED(equal);
    /* What a platform keeps for the person's finger. */
    scalar mask;
    NEED(outcome(mpc_device_mask_of(&mask, &blob, &key->d1)) == ERR_OK);
    NEED(outcome(mpc_device_unmask_with(&d1, &blob, &mask)) == ERR_OK);
    equal = scalar_equal(&d1, &key->d1);
    PUBLIC(equal);
    NEED(equal);
    secret_pin[0] ^= 1; /* another PIN gives another d1 */
    NEED(outcome(mpc_device_unmask(&d1, &blob, given)) == ERR_OK);
}

static void sign(const enrolled *key)
{
    mpc_sign_item items[ITEMS];
    mpc_sign_request request = {.m = ITEMS, .items = items};
    mpc_sign_answer answers[ITEMS];
    mpc_server_checked checked;
    point_odd scratch[2 * ITEMS];
    uint8_t signatures[ITEMS][64];
    for (int forged = 0; forged < 2; forged++) {
        mpc_device_session *session;
        id(request.key_id);
        id(request.sid);
        for (int i = 0; i < ITEMS; i++)
            public_bytes(items[i].e, sizeof items[i].e);
        NEED(outcome(mpc_device_sign(&session, &request, &key->d1, key->share.P, &secret_rng)) == ERR_OK);
        PUBLIC(request.proof);
        PUBLIC(items);
        NEED(mpc_server_sign_check(&checked, scratch, &key->share, &request) == ERR_OK);
        NEED(mpc_server_sign_answer(answers, &key->share, &request, &checked, &public_rng) == ERR_OK);
        if (forged)
            answers[1].s1[31] ^= 1;
        NEED(outcome(mpc_device_finish(session, signatures, answers, ITEMS)) == (forged ? ERR_ANSWER : ERR_OK));
        mpc_device_session_destroy(session);
        if (forged)
            continue;
        PUBLIC(signatures);
        for (int i = 0; i < ITEMS; i++)
            NEED(sm2_verify_bytes(key->share.P, items[i].e, signatures[i]) == ERR_OK);
    }
}

/* u_device and u_server make t. */
static void refresh(const enrolled *key)
{
    mpc_refresh_request request;
    mpc_refresh_confirm confirm;
    mpc_server_share fresh;
    scalar new_d1;
    uint8_t u_server[32], u_device[32];
    id(request.key_id);
    id(request.sid);
    id(request.rid);
    public_bytes(u_device, sizeof u_device);
    public_bytes(u_server, sizeof u_server);
    memcpy(request.u_device, u_device, sizeof u_device);
    SECRET(request.u_device);
    NEED(outcome(mpc_device_refresh(&request, &key->d1, key->share.P, &secret_rng)) == ERR_OK);
    PUBLIC(request);
    NEED(mpc_server_refresh_check(&key->share, &request) == ERR_OK);
    NEED(mpc_server_refresh(&fresh, &key->share, &request, u_server) == ERR_OK);
    SECRET(request.u_device);
    SECRET(u_server);
    id(confirm.sid);
    NEED(outcome(mpc_device_confirm(&confirm, &new_d1, &key->d1, &request, u_server, key->share.P, &secret_rng)) ==
         ERR_OK);
    PUBLIC(confirm);
    NEED(mpc_server_confirm_check(&fresh, &confirm) == ERR_OK);
}

/* On the phone and on the workstation. */
static void authorise(const enrolled *key)
{
    static const char scope[] = "{\"systems\":[\"emr\"]}";
    mpc_authorise_request request = {.scope = bytes_of(scope, sizeof scope - 1)};
    mpc_server_share authorised;
    sm2_private workstation;
    scalar d1;
    uint8_t sealed[MPC_SEALED], dW[32];
    NEED(outcome(sm2_private_generate(&workstation, &secret_rng)) == ERR_OK);
    scalar_to_bytes(dW, &workstation.d);
    memcpy(request.pkW, workstation.public_key, POINT_SIZE);
    PUBLIC(request.pkW);
    id(request.key_id);
    id(request.sid);
    id(request.auth_id);
    NEED(outcome(mpc_device_authorise(&request, sealed, &key->d1, key->share.P, &secret_rng)) == ERR_OK);
    PUBLIC(request.t);
    PUBLIC(request.proof);
    PUBLIC(sealed);
    NEED(mpc_server_authorise(&authorised, &key->share, &request) == ERR_OK);
    NEED(outcome(mpc_device_authorised(&d1, request.sealed, dW, request.auth_id, key->share.P, request.scope)) ==
         ERR_OK);
    sealed[MPC_SEALED - 1] ^= 1;
    NEED(outcome(mpc_device_authorised(&d1, request.sealed, dW, request.auth_id, key->share.P, request.scope)) ==
         ERR_DECRYPT);
}

void ct_device(void)
{
    enrolled key;
    enrol(&key);
    unmask_with_secret_pin(&key);
    sign(&key);
    refresh(&key);
    authorise(&key);
}
