#!/usr/bin/env bash
# 授权签名：向本机的工作站代理申请二维码，等手机批准，签完所列的任务，再结束授权。只用 curl。
# Authorised signing by the workstation's agent on this machine: the code as a picture, the phone's approval, the tasks, the end. curl alone.
#   YIQIAN_AGENT=http://127.0.0.1:8971 YIQIAN_AGENT_TOKEN=~/.local/share/yiqian/workstation/agent-token ./authorised_sign.sh code.bmp 任务TASK…
set -euo pipefail
picture=$1
shift
agent=${YIQIAN_AGENT:-http://127.0.0.1:8971}

# call METHOD PATH [BODY]；令牌不出现在命令行上 the token stays off the command line
call() {
    curl --silent --show-error --fail-with-body --max-time 90 --request "$1" "$agent$2" \
        --header @<(printf 'Authorization: Bearer %s' "$(cat "$YIQIAN_AGENT_TOKEN")") \
        ${3:+--header 'Content-Type: application/json' --data-raw "$3"}
}

# 取 JSON 中的一个文本字段 one text field of a JSON text
field() { grep -o "\"$1\": *\"[^\"]*\"" | head -n 1 | cut -d'"' -f4; }

id=$(call POST /v1/authorisations "{\"count\":$#}" | field authorisation)
call GET "/v1/authorisations/$id/code.bmp" >"$picture"
echo "scan $picture"
state=$(call GET "/v1/authorisations/$id?wait=60" | field state)
[ "$state" = active ] || { echo "not approved: $state" >&2; exit 1; }
tasks=$(printf '"%s",' "$@")
call POST "/v1/authorisations/$id/signatures" "{\"tasks\":[${tasks%,}]}"
echo
call POST "/v1/authorisations/$id/close" | field state
