#!/usr/bin/env bash
# 发起一个签名任务并等待结果：curl 与 openssl 足矣。Starts a signing task and waits for the result, with curl and openssl alone.
#   YIQIAN_URL=http://127.0.0.1:8970 YIQIAN_KEY=ak_… YIQIAN_SECRET=… ./sign_and_wait.sh 工号 文件
set -euo pipefail
staff_no=$1 file=$2

# yiqian METHOD PATH BODY [HEADER]: 签名请求 a signed request (openapi.yaml, signedRequest)
yiqian() {
    local method=$1 path=$2 body=$3 time nonce digest signature answer
    time=$(date +%s)
    nonce=$(openssl rand -hex 16)
    digest=$(printf %s "$body" | openssl dgst -sm3 -r | cut -d' ' -f1)
    # 此处密钥会出现在 openssl 的命令行上；生产环境请改用程序库。
    # The key stands on openssl's command line here: in production use a library that keeps it out of the process list.
    signature=$(printf '%s\n%s\n%s\n%s\n%s' "$method" "$path" "$digest" "$time" "$nonce" |
        openssl dgst -sm3 -hmac "$YIQIAN_SECRET" -r | cut -d' ' -f1)
    answer=$(curl --silent --show-error --fail-with-body --max-time 90 --request "$method" "$YIQIAN_URL$path" \
        --header "Authorization: YQ1-HMAC-SM3 key=$YIQIAN_KEY, time=$time, nonce=$nonce, signature=$signature" \
        ${4:+--header "$4"} ${body:+--header 'Content-Type: application/json' --data-raw "$body"}) ||
        { echo "$answer" >&2; return 1; }
    printf '%s\n' "$answer"
}

# 取 JSON 中的一个文本字段 one text field of a JSON text
field() { grep -o "\"$1\": *\"[^\"]*\"" | head -n 1 | cut -d'"' -f4; }

sm3=$(openssl dgst -sm3 -r "$file" | cut -d' ' -f1)
body="{\"signer\":\"$staff_no\",\"form\":\"digest\",\"title\":\"出院小结\",\"reference\":\"DEMO-SH\",\"digest\":\"$sm3\"}"
# 同一请求重发得到同一任务。正式程序为每次发起取一个新键，与记录一同保存。
# The same request again gives the same task. A real program takes a new key for each task it starts and keeps it with the record.
key=sh-$(printf %s "$body" | openssl dgst -sm3 -r | cut -c 1-48)
task=$(yiqian POST /v1/tasks "$body" "Idempotency-Key: $key" | field task)
echo "task $task"
# 长轮询：任务有了最终状态即应答，至多等 30 秒。A long poll: answered as soon as the task is finished, after 30 seconds at most.
for ((i = 0; i < 20; i++)); do
    result=$(yiqian GET "/v1/tasks/$task?wait=30" "")
    state=$(field state <<<"$result")
    case $state in waiting | pending | claimed) ;; *) break ;; esac
done
echo "state $state"
[ "$state" != signed ] || echo "signed_by $(field serial <<<"$result")"
