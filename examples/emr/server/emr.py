#!/usr/bin/python3
"""A small electronic medical record that signs through yiqian, the way a HIS vendor would. Python 3.11, nothing but its library.

    emr.py --credential FILE [--data-dir DIR] [--listen HOST:PORT] [--pages DIR] [--demo-login]
"""
import argparse
import json
import logging
import os
import pathlib
import signal
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

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

    def __init__(self, credential, path, demo_login):
        facts = seed.facts()
        self.hospital, self.ward = facts["hospital"], facts["ward"]
        self.store = store.Store(path)
        seed.plant(self.store)
        self.hub = events.Hub()
        self.yiqian = yiqian.Yiqian(credential)
        self.records = records.Records(self.store, self.hospital)
        self.signing = signing.Signing(self.store, self.records, self.yiqian, self.hub)
        self.login = login.Login(self.store, self.records, self.yiqian, demo_login)


def arguments(given):
    parser = argparse.ArgumentParser(description="电子病历演示系统 / a small electronic medical record that signs through yiqian")
    parser.add_argument("--credential", required=True, help="业务系统凭据文件（yiqian system credential 生成） / the system's credential file")
    parser.add_argument("--data-dir", default="emr-data", help="数据目录 / the folder of its data (%(default)s)")
    parser.add_argument("--listen", default="127.0.0.1:8980", help="监听地址 / the address to listen at (%(default)s)")
    parser.add_argument("--pages", default=str(ROOT / "build/emr"), help="页面目录 / the folder of the built pages (%(default)s)")
    parser.add_argument("--demo-login", action="store_true", help="演示：登录页可直接选人 / for demonstrations only: persons may be chosen at the login")
    return parser.parse_args(given)


def main(given):
    options = arguments(given)
    logging.basicConfig(level=os.environ.get("EMR_LOG", "INFO"), format="%(asctime)s %(levelname)s %(message)s")
    os.umask(0o077)
    try:
        credential = json.loads(pathlib.Path(options.credential).read_text())
        pathlib.Path(options.data_dir).mkdir(parents=True, exist_ok=True)
        app = App(credential, os.path.join(options.data_dir, "emr.sqlite"), options.demo_login)
        host, port = options.listen.rsplit(":", 1)
        server = web.Server((host, int(port)), app, options.pages, {options.listen, f"localhost:{port}"})
    except (OSError, ValueError, KeyError) as error:
        print(f"电子病历没有启动 / not started: {error}", file=sys.stderr)
        return 1
    port = server.server_address[1]
    server.hosts = {f"{host}:{port}", f"localhost:{port}"}
    follower = threading.Thread(target=app.signing.follow)
    follower.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"电子病历 / EMR: http://{host}:{port}", flush=True)
    server.serve_forever(poll_interval=0.2)
    app.signing.end()
    follower.join()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
