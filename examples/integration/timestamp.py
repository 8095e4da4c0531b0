#!/usr/bin/python3
"""为一个文件取得时间戳并验证（RFC 3161，RSA 单元），令牌写入“文件.tst”。Debian 的 python3-rfc3161ng。
Gets a timestamp on a file from the unit of RSA and verifies it; the token goes into FILE.tst. python3-rfc3161ng of Debian.
    YIQIAN_URL=… timestamp.py 文件"""
import os
import sys
import urllib.request

import rfc3161ng

url, path = os.environ["YIQIAN_URL"], sys.argv[1]
with open(path, "rb") as file:
    data = file.read()
# 时间戳单元的证书，由院方事先取得一次 / the unit's certificate, which one is given once
with urllib.request.urlopen(url + "/pki/tsa/rsa.pem", timeout=10) as answer:
    certificate = answer.read()

stamper = rfc3161ng.RemoteTimestamper(url + "/tsa/rsa", certificate=certificate, hashname="sha256", include_tsa_certificate=True)
token = stamper(data=data)
if not stamper.check(token, data=data):
    raise SystemExit("the timestamp does not verify")
with open(path + ".tst", "wb") as file:
    file.write(token)
print("time", rfc3161ng.get_timestamp(token, naive=False).isoformat())
