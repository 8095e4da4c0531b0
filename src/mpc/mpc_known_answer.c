#include "mpc/mpc_known_answer.h"

#include <string.h>

#include "mpc/mpc_step.h"

/* The first signature of tests/kat/two-party-sm2.json: S1 as it came, the check of its proof, S2 with the nonce w; what the
 * device then makes of it is verified. A request with another proof is refused. The answer is W || s1 || r || s. */
static bool sign_holds(bytes answer)
{
    mpc_server_share share;
    mpc_sign_item item;
    mpc_sign_request request = {.m = 1, .items = &item};
    mpc_server_checked checked;
    mpc_sign_answer got;
    point_odd scratch[2];
    uint8_t d2[32], nonce[32];
    scalar w;
    known_answer_input(d2, 32, "5d670291cd9eab2f35ff40b4902f7743630bde49858988462de87bcb31da52d6");
    known_answer_input(share.P1, POINT_SIZE,
                       "04a5c7af78dcefc2f8e22104c2092ddeffeebec9fc9271ef96653af751f0445196"
                       "879311127356613e3b7f24534c2e06858c98257625f7d0a979c3d826db18cb3e");
    known_answer_input(share.P, POINT_SIZE,
                       "045e5048a1ac869bc9ff79d5fba4f77d0a2091f217d2d28f0270ef0344027819e0"
                       "5514f04fb4d07ad6b52afbfebd56ee4b39e44f3ec890011729e8c36c7664ae2a");
    known_answer_input(request.key_id, MPC_ID, "cdd38e287ffad9a911a5e8a2f5f4b71c");
    known_answer_input(request.sid, MPC_ID, "ab840a640e08402bf50dc27f874e5c57");
    known_answer_input(item.e, 32, "75354951a452b89e4099fd86e020e8ef67e63babce56b5fde5c9227f1f839e70");
    known_answer_input(item.A, POINT_SIZE,
                       "0484dcb722f6c7958c80c5abe1616e23831abdeb5e57091167987b4b8d59c5f5d8"
                       "1bc9aba2fcab43d40aef31f8c2d2a5badf594d3ec07e87d6d68ba2e897d741e4");
    known_answer_input(item.B, POINT_SIZE,
                       "0468bd26aac040831f67feb46f7254fc8035c5562eca68f55e283f53069901e2b5"
                       "6c2eaa4b10e7df754c6065e20a5c06d63f8a09c9bac07a5b66cbf84582e90241");
    known_answer_input(request.proof.c, MPC_CHALLENGE, "6e1af4efbd3ac253cab4fcadb04c53f1");
    known_answer_input(request.proof.z, 32, "cd301605b976eda6055c9f8c2b443364b786898d85c61c6b33981a67c6f65f18");
    known_answer_input(nonce, 32, "8325ccaa401ae2ca00a92d03774eb68d467f856ff6613ae46f02ac158e0b5782");
    if (answer.n != POINT_SIZE + 32 + 64 || scalar_from_bytes(&share.d2, d2) != ERR_OK ||
        scalar_from_bytes(&w, nonce) != ERR_OK)
        return false;
    if (mpc_server_sign_check(&checked, scratch, &share, &request) != ERR_OK ||
        mpc_step_sign_answer(&got, &share, &request, &checked, &w) != ERR_OK)
        return false;
    if (memcmp(got.W, answer.p, POINT_SIZE) != 0 || memcmp(got.s1, answer.p + POINT_SIZE, 32) != 0 ||
        sm2_verify_bytes(share.P, item.e, answer.p + POINT_SIZE + 32) != ERR_OK)
        return false;
    request.proof.z[31] ^= 1;
    return mpc_server_sign_check(&checked, scratch, &share, &request) == ERR_PROOF;
}

const known_answer mpc_known_answer_server = {"two_party_sign", sign_holds,
                                              "041ef4cc08575dd9e0134eeeb1a96b18bb17528d4959a62523553e4f1c8e9865d4"
                                              "e0afc49e2e283dde282d3d6e369c687b91445c8a51b643c9de1dce5b06e3ea55"
                                              "f9afbf5204ee3d5c267d3773c6ff3a1b50cce1350845d9debd8d606b3a9538cf"
                                              "8513bb9949ac83c7c24382d99c18303ee5c0626f98fd5ddd7abfdccb2bbfc428"
                                              "97bade2165461941724b9cde1ec702ad57929f25f83b722b71e082088cb92b9e"};
