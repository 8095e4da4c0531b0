#include "unit/pki/authority.h"

#include "pki/csr.h"

static identity person;

static int setup(void **state)
{
    (void)state;
    identity_make(&person, 3, "李云");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    identity_drop(&person);
    return 0;
}

enum { ROOM = 512 };

/* A request as a device and the server make it together: the info, then the signature from elsewhere. */
static bytes request(uint8_t room[ROOM])
{
    uint8_t info_room[ROOM], rs[64];
    buffer info = buffer_over(info_room, CSR_INFO_SIZE_MAX(person.name.n));
    assert_int_equal(csr_info_build(&info, person.name, person.key.public_key), ERR_OK);
    assert_int_equal(signer_sign_message(person.sign, bytes_of(info.p, info.n), rs), ERR_OK);
    buffer der = buffer_over(room, CSR_SIZE_MAX(info.n));
    assert_int_equal(csr_assemble(&der, bytes_of(info.p, info.n), rs), ERR_OK);
    return bytes_of(der.p, der.n);
}

static void test_round_trip(void **state)
{
    (void)state;
    uint8_t room[ROOM], key[POINT_SIZE];
    bytes subject;
    assert_int_equal(csr_verify(request(room), &subject, key), ERR_OK);
    assert_true(bytes_equal(subject, person.name));
    assert_memory_equal(key, person.key.public_key, sizeof key);
}

static void test_size_bound(void **state)
{
    (void)state;
    uint8_t info[4] = {0x30, 0x02, 0x05, 0x00}, rs[64], room[CSR_SIZE_MAX(4)];
    memset(rs, 0xff, sizeof rs); /* the longest signature */
    buffer b = buffer_over(room, sizeof room);
    assert_int_equal(csr_assemble(&b, bytes_of(info, sizeof info), rs), ERR_OK);
    for (size_t cap = 0; cap < b.n; cap++) {
        buffer small = buffer_over(room, cap);
        assert_int_equal(csr_assemble(&small, bytes_of(info, sizeof info), rs), ERR_LENGTH);
    }
}

static void test_assemble_refuses(void **state)
{
    (void)state;
    uint8_t room[ROOM], rs[64] = {0};
    buffer b = buffer_over(room, sizeof room);
    assert_int_equal(csr_assemble(&b, OCTETS("\x30\x00"), rs), ERR_SCALAR);
    rs[31] = rs[63] = 1;
    assert_int_equal(csr_assemble(&b, OCTETS("\x31\x00"), rs), ERR_DER);
    assert_int_equal(csr_assemble(&b, OCTETS("\x30\x00\x00"), rs), ERR_DER);
}

static void test_no_flip_is_accepted(void **state)
{
    (void)state;
    uint8_t room[ROOM], key[POINT_SIZE];
    bytes subject, der = request(room);
    for (size_t i = 0; i < der.n; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            room[i] ^= (uint8_t)(1u << bit);
            assert_int_not_equal(csr_verify(der, &subject, key), ERR_OK);
            room[i] ^= (uint8_t)(1u << bit);
        }
    }
    assert_int_equal(csr_verify(der, &subject, key), ERR_OK);
}

static void test_no_truncation_is_accepted(void **state)
{
    (void)state;
    uint8_t room[ROOM], key[POINT_SIZE];
    bytes subject, der = request(room);
    for (size_t n = 0; n < der.n; n++)
        assert_int_equal(csr_verify(bytes_of(der.p, n), &subject, key), ERR_DER);
}

static void test_verify_refuses(void **state)
{
    (void)state;
    static uint8_t large[CSR_DER_MAX + 1];
    uint8_t info_room[ROOM], room[ROOM], rs[64], key[POINT_SIZE];
    bytes subject;
    assert_int_equal(csr_verify(bytes_of(large, sizeof large), &subject, key), ERR_LENGTH);

    /* a key off the curve, signed all the same */
    uint8_t off_curve[POINT_SIZE];
    memcpy(off_curve, person.key.public_key, sizeof off_curve);
    off_curve[40] ^= 1;
    buffer info = buffer_over(info_room, sizeof info_room), der = buffer_over(room, sizeof room);
    assert_int_equal(csr_info_build(&info, person.name, off_curve), ERR_OK);
    assert_int_equal(signer_sign_message(person.sign, bytes_of(info.p, info.n), rs), ERR_OK);
    assert_int_equal(csr_assemble(&der, bytes_of(info.p, info.n), rs), ERR_OK);
    assert_int_equal(csr_verify(bytes_of(der.p, der.n), &subject, key), ERR_POINT);

    /* somebody else's signature: no proof of possession */
    identity other;
    identity_make(&other, 4, "王芳");
    info = buffer_over(info_room, sizeof info_room);
    der = buffer_over(room, sizeof room);
    assert_int_equal(csr_info_build(&info, person.name, person.key.public_key), ERR_OK);
    assert_int_equal(signer_sign_message(other.sign, bytes_of(info.p, info.n), rs), ERR_OK);
    assert_int_equal(csr_assemble(&der, bytes_of(info.p, info.n), rs), ERR_OK);
    assert_int_equal(csr_verify(bytes_of(der.p, der.n), &subject, key), ERR_SIGNATURE);
    identity_drop(&other);
}

static void test_another_algorithm(void **state)
{
    (void)state;
    uint8_t room[ROOM], key[POINT_SIZE];
    bytes subject, der = request(room);
    static const uint8_t sm2_with_sm3[] = {0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75};
    for (size_t i = 0; i + sizeof sm2_with_sm3 <= der.n; i++)
        if (memcmp(room + i, sm2_with_sm3, sizeof sm2_with_sm3) == 0)
            memcpy(room + i, "\x2a\x86\x48\xce\x3d\x04\x03\x02", 8);
    assert_int_equal(csr_verify(der, &subject, key), ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_size_bound),
        cmocka_unit_test(test_assemble_refuses),
        cmocka_unit_test(test_no_flip_is_accepted),
        cmocka_unit_test(test_no_truncation_is_accepted),
        cmocka_unit_test(test_verify_refuses),
        cmocka_unit_test(test_another_algorithm),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
