#!/usr/bin/python3
"""A small electronic medical record that signs through yiqian, the way a HIS vendor would. Python 3.11, nothing but its library.

    emr.py --credential FILE --ca FILE --system-id ID [--callback FILE] [--public-url URL] [--help]
"""
import argparse
import json
import logging
import os
import pathlib
import signal
import sys
import threading
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import assertion
import callback
import events
import login
import records
import seed
import signing
import store
import web
import yiqian

ROOT = pathlib.Path(__file__).resolve().parents[3]


class App:
    """The parts, put together."""

    def __init__(self, settings):
        facts = seed.facts()
        self.hospital, self.ward, self.settings = facts["hospital"], facts["ward"], settings
        secret = json.loads(pathlib.Path(settings.callback).read_text())["secret"] if settings.callback else None
        self.store = store.Store(os.path.join(settings.data_dir, "emr.sqlite"))
        seed.plant(self.store)
        self.hub = events.Hub()
        self.yiqian = yiqian.Yiqian(json.loads(pathlib.Path(settings.credential).read_text()))
        self.records = records.Records(self.store, self.hospital)
        self.callbacks = callback.Callbacks(self.store, secret)
        self.signing = signing.Signing(self.store, self.records, self.yiqian, self.hub, self.callbacks, settings.code_seconds)
        verifier = assertion.Verifier(pathlib.Path(settings.ca).read_text(), settings.system_id, self.yiqian.crl)
        self.login = login.Login(self.store, self.records, self.yiqian, verifier, settings)


def origin(text):
    """A scheme and a host, as a browser writes them."""
    parts = urllib.parse.urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.username or parts.path.strip("/") or parts.query:
        raise argparse.ArgumentTypeError("http(s)://host[:port]")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def code_seconds(text):
    if not text.isdecimal() or not 30 <= int(text) <= 180:
        raise argparse.ArgumentTypeError("30 … 180")
    return int(text)


def arguments(given):
    parser = argparse.ArgumentParser(description="电子病历演示系统 / a small electronic medical record that signs through yiqian")
    parser.add_argument("--credential", required=True, help="业务系统凭据文件（yiqian system credential 生成） / the system's credential file")
    parser.add_argument("--ca", required=True, help="CA 证书（GET /v1/ca 的 chain_pem），登录断言据此验证 / the CA's certificates, by which logins are verified")
    parser.add_argument("--system-id", required=True, help="本系统在医签的标识（yiqian system list） / this system's id at yiqian")
    parser.add_argument("--system", default="电子病历", help="本系统在医签的名称 / its name there (%(default)s)")
    parser.add_argument("--callback", help="回调密钥文件（yiqian callback add --json 的输出）；不给则轮询 / the callback's secret; without it results are asked for")
    parser.add_argument("--data-dir", default="emr-data", help="数据目录 / the folder of its data (%(default)s)")
    parser.add_argument("--listen", default="127.0.0.1:8980", help="监听地址 / the address to listen at (%(default)s)")
    parser.add_argument("--public-url", type=origin, help="浏览器所用的网址（反向代理之后的 https://…） / the address that browsers use, behind a proxy with TLS")
    parser.add_argument("--agent", type=origin, default="http://127.0.0.1:8971", help="工作站上 yiqian agent 的地址 / where yiqian agent listens on workstations (%(default)s)")
    parser.add_argument("--code-seconds", type=code_seconds, default=120, help="二维码有效时间 / how long a code may be scanned (%(default)s)")
    parser.add_argument("--pages", default=str(ROOT / "build/emr"), help="页面目录 / the folder of the built pages (%(default)s)")
    parser.add_argument("--demo-login", action="store_true", help="演示：登录页可直接选人 / for demonstrations only: persons may be chosen at the login")
    return parser.parse_args(given)


def main(given):
    options = arguments(given)
    logging.basicConfig(level=os.environ.get("EMR_LOG", "INFO"), format="%(asctime)s %(levelname)s %(message)s")
    os.umask(0o077)
    try:
        pathlib.Path(options.data_dir).mkdir(parents=True, exist_ok=True)
        host, port = options.listen.rsplit(":", 1)
        server = web.Server((host, int(port)), App(options), options.pages, options.public_url)
    except (OSError, ValueError, KeyError) as error:
        print(f"电子病历没有启动 / not started: {error}", file=sys.stderr)
        return 1
    follower = threading.Thread(target=server.app.signing.follow)
    follower.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"电子病历 / EMR: {options.public_url or f'http://{host}:{server.server_address[1]}'}", flush=True)
    server.serve_forever(poll_interval=0.2)
    server.app.signing.end()
    follower.join()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
