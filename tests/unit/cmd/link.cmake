# QR codes and the agent's book are libraries of their own.
set(YIQIAN_TEST_LINK yq_qr yq_agent)
