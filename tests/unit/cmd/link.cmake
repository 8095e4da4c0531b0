# QR codes are a library of their own.
set(YIQIAN_TEST_LINK yq_qr)
