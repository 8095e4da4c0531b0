#!/usr/bin/env bash
# 授权签名：向本机的工作站代理申请二维码，等手机批准，签完所列的任务，再结束授权。只用 curl。
# Authorised signing by the workstation's agent on this machine: the code as a picture, the phone's approval, the tasks, the end. curl alone.
#   YIQIAN_AGENT=http://127.0.0.1:8971 YIQIAN_AGENT_TOKEN=~/.local/share/yiqian/workstation/agent-token ./authorised_sign.sh code.bmp 任务TASK…
set -euo pipefail
picture=$1
shift
agent=${YIQIAN_AGENT:-http://127.0.0.1:8971}

# call METHOD PATH [BODY]；令牌与凭证不出现在命令行上 token and handle stay off the command line
handle=
call() {
    curl --silent --show-error --fail-with-body --max-time 90 --request "$1" "$agent$2" \
        --header @<(printf 'Authorization: Bearer %s\n' "$(cat "$YIQIAN_AGENT_TOKEN")"
                    [ -z "$handle" ] || printf 'Authorisation-Handle: %s\n' "$handle") \
        ${3:+--header 'Content-Type: application/json' --data-raw "$3"}
}

# 取 JSON 中的一个文本字段 one text field of a JSON text
field() { grep -o "\"$1\": *\"[^\"]*\"" | head -n 1 | cut -d'"' -f4; }

offer=$(call POST /v1/authorisations "{\"count\":$#}")
id=$(field authorisation <<<"$offer")
handle=$(field handle <<<"$offer") # 只给一次；没有它，别人用不了这次授权 given once; without it nobody else uses this authorisation
call GET "/v1/authorisations/$id/code.bmp" >"$picture"
echo "scan $picture"
state=$(call GET "/v1/authorisations/$id?wait=60" | field state)
[ "$state" = active ] || { echo "not approved: $state" >&2; exit 1; }
tasks=$(printf '"%s",' "$@")
call POST "/v1/authorisations/$id/signatures" "{\"tasks\":[${tasks%,}]}"
echo
call POST "/v1/authorisations/$id/close" | field state
