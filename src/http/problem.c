#include "http/problem.h"

#include "http/json.h"

/* Written for the two who read them: the programmer of a business system, and the person at the phone. */
static const problem_row rows[ERR_COUNT] = {
    [ERR_OK] = {200, "成功", "OK", NULL, NULL},
    [ERR_ARG] = {400, "参数无效", "Invalid argument", "请对照接口文档检查请求参数",
                 "Compare the request with the API documentation"},
    [ERR_LENGTH] = {400, "长度不符", "Wrong length", "请检查该值的长度", "Check the length of the value"},
    [ERR_RANGE] = {400, "超出取值范围", "Out of range", "请检查该值的取值范围", "Check the range of the value"},
    [ERR_ENCODING] = {400, "编码错误", "Bad encoding", "请检查十六进制、Base64 或 URL 编码是否完整、有无多余字符",
                      "Check that the hex, base64 or percent-encoding is complete and has no surplus characters"},
    [ERR_DER] = {400, "DER 编码错误", "Bad DER", "请确认提交的是完整的 DER 数据，而不是 PEM 文本",
                 "Send the whole DER, not PEM text"},
    [ERR_SCALAR] = {400, "标量不在允许范围内", "Scalar out of range", "该值须在 1 到 n-1 之间（GB/T 32918）",
                    "The value must lie between 1 and n-1 (GB/T 32918)"},
    [ERR_POINT] = {400, "不是有效的曲线点", "Not a valid point of the curve", "请确认公钥是 SM2 推荐曲线上的点",
                   "The key must be a point of the recommended SM2 curve"},
    [ERR_JSON] = {400, "JSON 格式错误", "Bad JSON", "请求体须为一个 JSON 对象，字段名不得重复",
                  "The body must be one JSON object without repeated names"},
    [ERR_UTF8] = {400, "文本不是 UTF-8 编码", "Text is not UTF-8", "请将文本转换为 UTF-8（常见原因：使用了 GBK 编码）",
                  "Convert the text to UTF-8 (a common cause is GBK)"},
    [ERR_FIELD_MISSING] = {400, "缺少必填字段", "A required field is missing", "请补充 field 所指的字段",
                           "Add the field named in \"field\""},
    [ERR_FIELD_UNKNOWN] = {400, "存在未知字段", "A field is unknown", "请删除 field 所指的字段，或检查拼写",
                           "Remove the field named in \"field\", or check its spelling"},
    [ERR_FIELD_TYPE] = {400, "字段类型错误", "A field has the wrong type", "请检查 field 所指字段的类型",
                        "Check the type of the field named in \"field\""},
    [ERR_FIELD_LENGTH] = {400, "字段长度不符", "A field has the wrong length", "请检查 field 所指字段的长度",
                          "Check the length of the field named in \"field\""},
    [ERR_FIELD_VALUE] = {400, "字段取值无效", "A field has an invalid value", "请检查 field 所指字段的取值",
                         "Check the value of the field named in \"field\""},
    [ERR_BODY_TOO_LARGE] = {413, "请求体过大", "Body too large", "请缩小请求体；较大的文档请只提交摘要",
                            "Send less; of a large document send only the digest"},
    [ERR_MEDIA_TYPE] = {415, "不支持的内容类型", "Unsupported media type", "请使用 detail 所说的 Content-Type；未说明时为 application/json",
                        "Use the Content-Type that \"detail\" names; where it names none, application/json"},
    [ERR_ROUTE] = {404, "没有这个接口", "No such route", "请检查请求路径和版本前缀",
                   "Check the path and its version prefix"},
    [ERR_METHOD] = {405, "不支持该请求方法", "Method not allowed", "允许的方法见 Allow 响应头",
                    "The Allow header names the methods of this path"},
    [ERR_PROTOCOL] = {400, "协议版本不支持", "Protocol version not supported", "请升级移动端或 SDK",
                      "Update the app or the SDK"},
    [ERR_SIGNATURE] = {422, "签名验证未通过", "The signature is not valid",
                       "请确认原文、证书与签名值相互对应且未被改动",
                       "Check that document, certificate and signature belong together and are unchanged"},
    [ERR_PROOF] = {422, "零知识证明无效", "The proof is not valid", "请重新发起操作；若反复出现，请升级移动端或 SDK",
                   "Start over; if it happens again, update the app or the SDK"},
    [ERR_DECRYPT] = {422, "解密失败", "Decryption failed", "数据已损坏，或不是用对应的密钥加密",
                     "The data is damaged, or was not encrypted for this key"},
    [ERR_ENTROPY] = {500, "随机数发生器故障", "The random number generator failed", "请联系系统管理员",
                     "Contact the administrator"},
    [ERR_SELF_TEST] = {503, "密码自检未通过，暂停签名与签发", "A self-test failed; nothing is signed or issued",
                       "请联系系统管理员查看日志中的自检项并重新启动服务",
                       "Contact the administrator: see the log for the test, then start the server again"},
    [ERR_CHAIN] = {422, "证书链无效", "The certificate chain is not valid",
                   "请确认颁发者证书已配置为信任，且证书未被改动",
                   "Check that the issuer is trusted here and that the certificate is unchanged"},
    [ERR_UNSUPPORTED] = {422, "暂不支持", "Not supported", "请改用接口文档中列出的算法或格式",
                         "Use an algorithm or format that the API documentation lists"},
    [ERR_ANSWER] = {422, "服务端应答未通过校验", "The server's answer was rejected",
                    "请重试；若反复出现，请联系系统管理员",
                    "Try again; if it happens again, contact the administrator"},
    [ERR_CONSUMED] = {409, "签名会话已使用", "The signing session was used already", "请重新发起签名",
                      "Start the signature again"},
    [ERR_WEAK_PIN] = {422, "PIN 过于简单", "The PIN is too weak", "请勿使用连续、重复的数字或生日",
                      "Do not use sequences, repetitions or a birthday"},
    [ERR_TRANSPORT] = {502, "与对方通信失败", "Communication failed", "请检查网络、地址和证书后重试",
                       "Check network, address and certificate, then try again"},
    [ERR_REMOTE] = {502, "对方系统拒绝了请求", "The other system refused", "请查看 detail 中对方给出的原因",
                    "See \"detail\" for the reason it gave"},
    [ERR_UNAUTHENTICATED] = {401, "身份验证未通过", "Not authenticated", "请检查凭据标识、签名计算方法和系统密钥",
                             "Check the credential's id, the computation of the signature and the key"},
    [ERR_FORBIDDEN] = {403, "没有权限", "Forbidden", "请联系管理员授予所需的权限范围",
                       "Ask the administrator for the scope this call needs"},
    [ERR_TOKEN_FORBIDDEN] = {403, "令牌不能进行此操作", "No token may do this",
                             "任何权限的令牌都不行：请由有此权限的操作员登录控制台进行，或由服务器自身用户在服务器上用 yiqian 进行",
                             "None of any scope may: an operator who logged in to the console and may does it, or the server's own user, "
                             "with yiqian on the server"},
    [ERR_LOGIN_OLD] = {403, "请重新登录", "Log in again first",
                       "登录已超过 15 分钟，此操作须在登录后 15 分钟内进行：请退出后重新登录，再做一次",
                       "This is done within 15 minutes of a login, and yours is older: log out, log in again, and do it once more"},
    [ERR_FINGERPRINT_FORBIDDEN] = {403, "医院不允许用指纹签名", "The hospital does not allow signing by fingerprint",
                                   "请输入 PIN", "Enter the PIN"},
    [ERR_REPLAY] = {401, "请求已被使用过", "The request was used before", "每次请求须使用新的随机数（nonce）并重新签名",
                    "Sign every request anew with a fresh nonce"},
    [ERR_CLOCK_SKEW] = {401, "请求时间与服务器相差过大", "The request's time is too far from the server's",
                        "请将本机时间与医院时间服务器同步",
                        "Synchronise this machine's clock with the hospital's time server"},
    [ERR_SESSION_EXPIRED] = {401, "会话已过期", "The session has expired", "请重新登录", "Log in again"},
    [ERR_INSECURE] = {403, "连接不够安全", "The transport is not secure enough", "该凭据只能通过 TLS 或在本机使用",
                      "This credential may be used only over TLS or on the same machine"},
    [ERR_ADDRESS] = {403, "该地址不在业务系统的允许名单中",
                     "This address may not use the business system's credentials",
                     "请联系管理员核对该业务系统的 IP 允许名单",
                     "Ask the administrator to look at the business system's list of addresses"},
    [ERR_CSRF] = {403, "缺少或不符的 X-CSRF-Token", "X-CSRF-Token is missing or wrong", "请重新载入控制台页面",
                  "Load the console's page again"},
    [ERR_NOT_FOUND] = {404, "未找到", "Not found", "请检查标识是否正确", "Check the identifier"},
    [ERR_EXISTS] = {409, "已存在", "Exists already", "请改用其他标识，或更新已有的记录",
                    "Use another identifier, or update the existing record"},
    [ERR_CONFLICT] = {409, "当前状态不允许此操作", "Not possible in the present state", "请刷新后重试",
                      "Fetch the present state and try again"},
    [ERR_STALE] = {412, "已被他人修改", "Somebody else changed it meanwhile", "请查看最新内容后再修改",
                   "Look at it as it is now, then change it"},
    [ERR_OPERATOR_NOT_FOUND] = {404, "没有这个操作员", "No such operator", "请核对操作员标识，或其是否已被移除",
                                "Check the operator's id, and whether he was removed"},
    [ERR_OWN_ROLE] = {403, "不能更改自己的角色或状态", "Nobody changes his own role or state",
                      "请由另一位管理员操作，且审批人也不能是本人",
                      "Another administrator has to do it, and the person concerned cannot approve it"},
    [ERR_LAST_ADMINISTRATOR] = {409, "至少要有一位能管理操作员的操作员",
                                "Somebody must be able to manage the operators", "请先让另一位操作员成为管理员",
                                "First make another operator an administrator"},
    [ERR_USER_OPERATOR] = {409, "此人是操作员，不能作为用户停用", "An operator is not suspended as a user",
                           "请先在“操作员”中停用或移除该操作员（须另一人审批），再停用此人",
                           "First suspend or remove the operator, under Operators; then his user"},
    [ERR_SEPARATION] = {422, "这些权限不能由同一人拥有", "Nobody may hold these permissions together",
                        "系统管理、证书业务、审计三类职责须分开",
                        "Running the system, running certificates and reading the audit log are separate duties"},
    [ERR_APPROVAL] = {409, "不能审批", "It cannot be approved", "须由另一位有此权限的操作员审批，且申请人仍有此权限",
                      "Another operator with the permission has to approve, and whoever asked must still have it"},
    [ERR_USER_EXISTS] = {409, "该工号已存在", "A user with this identifier exists", "请核对工号，或更新已有用户",
                         "Check the identifier, or update the existing user"},
    [ERR_USER_NOT_FOUND] = {404, "没有该工号的用户", "No user with this identifier", "请核对工号，或先添加用户",
                            "Check the identifier, or add the user first"},
    [ERR_USER_SUSPENDED] = {403, "该用户已停用", "The user is suspended", "请联系管理员恢复该用户",
                            "Ask the administrator to resume the user"},
    [ERR_SYSTEM_NOT_FOUND] = {404, "没有该业务系统", "No such business system", "请核对业务系统标识",
                              "Check the identifier of the business system"},
    [ERR_ACTIVATION] = {403, "激活码不正确或已失效", "The activation code is wrong or no longer valid",
                        "请核对后重试；仍不成功请联系管理员重新发放激活码",
                        "Check it and try again; otherwise ask the administrator for a new code"},
    [ERR_ENROLMENT_CLOSED] = {409, "该设备登记已结束", "The enrolment is closed", "请联系管理员重新发放激活码",
                              "Ask the administrator for a new activation code"},
    [ERR_KEY_NOT_FOUND] = {404, "没有该密钥", "No such key", "请核对密钥标识；若是本机的密钥，请重新登记",
                           "Check the key's id; if it is this device's own, enrol the device again"},
    [ERR_KEY_STATE] = {409, "密钥当前状态不允许此操作", "Not possible in the key's present state",
                       "请联系管理员查看密钥状态", "Ask the administrator about the state of the key"},
    [ERR_KEY_LOCKED] = {423, "密钥已锁定", "The key is locked", "PIN 连续输错次数过多，请联系管理员解锁",
                        "The PIN was wrong too often; ask the administrator to unlock the key"},
    [ERR_KEY_BUSY] = {409, "密钥正在使用中", "The key is in use", "请等待上一次签名完成后重试",
                      "Wait until the other signature is finished, then try again"},
    [ERR_PIN] = {403, "PIN 不正确", "The PIN is wrong", "请确认后重试；连续 5 次错误将锁定密钥",
                 "Check it and try again; the fifth wrong PIN in a row locks the key"},
    [ERR_SID] = {409, "会话标识未签发、已使用或已过期", "The session id was not issued, was used, or is too old",
                 "请重新获取会话标识后再试", "Fetch a new session id and try again"},
    [ERR_REFRESH] = {409, "密钥分片正在更新", "A refresh of the key's shares is not finished",
                     "请在手机上完成更新后重试", "Finish the refresh on the phone, then try again"},
    [ERR_CERTIFICATE_NOT_FOUND] = {404, "没有该证书", "No such certificate", "请核对证书序列号",
                                   "Check the serial number"},
    [ERR_CERTIFICATE_REVOKED] = {409, "证书已吊销", "The certificate is revoked", "请重新申请证书",
                                 "Apply for a new certificate"},
    [ERR_CERTIFICATE_EXPIRED] = {409, "证书不在有效期内", "The certificate is outside its validity period",
                                 "请向操作员领取激活码，重新登记",
                                 "Ask an operator for an activation code and enrol anew"},
    [ERR_CERTIFICATE_FROZEN] = {409, "证书已冻结", "The certificate is frozen", "请联系管理员解冻",
                                "Ask the administrator to unfreeze it"},
    [ERR_CERTIFICATE_SUPERSEDED] =
        {409, "证书已由新证书取代", "A new certificate has taken this one's place",
         "请使用持有新证书的设备；若不是本人更换，请联系管理员",
         "Use the device with the new certificate; tell the administrator if it was not you"},
    [ERR_RENEWAL] = {409, "证书还不到更新的时候", "The certificate is not due for renewal yet", "请到期前再更新",
                     "Renew it closer to its end"},
    [ERR_PROFILE_NOT_FOUND] = {404, "没有该证书模板", "No such certificate profile", "请核对模板标识",
                               "Check the profile's id"},
    [ERR_PROFILE] = {409, "按证书模板无法签发", "The certificate profile does not allow this certificate",
                     "请补全用户属性，或调整证书模板", "Complete the user's attributes, or change the profile"},
    [ERR_TASK_NOT_FOUND] = {404, "没有该签名任务", "No such task", "请核对任务标识", "Check the task's identifier"},
    [ERR_TASK_NOT_YOURS] = {403, "该签名任务不属于您", "The task is for somebody else", "请由任务指定的签名人签名",
                            "Only the signer whom the task names can sign it"},
    [ERR_TASK_SIGNED] = {409, "该任务已签名", "The task is signed already", "无需重复签名；请直接获取签名结果",
                         "There is no need to sign again; fetch the result"},
    [ERR_TASK_CANCELLED] = {410, "该任务已取消", "The task was cancelled", "如仍需签名，请由业务系统重新发起",
                            "If it is still needed, the business system starts a new task"},
    [ERR_TASK_EXPIRED] = {410, "该任务已过期", "The task has expired", "如仍需签名，请由业务系统重新发起",
                          "If it is still needed, the business system starts a new task"},
    [ERR_TASK_WAITING] = {409, "尚未轮到该任务签名", "The task waits for another signature first",
                          "请等待前一位签名人完成签名", "Wait until the signer before this one has signed"},
    [ERR_TASK_DECLINED] =
        {410, "签名人已拒绝签名", "The signer declined the task",
         "拒签原因见任务的 reason；如仍需签名，请由业务系统重新发起",
         "The task's \"reason\" says why; if it is still needed, the business system starts a new task"},
    [ERR_TASK_WITHDRAWN] = {410, "该签名已撤回", "The signature was withdrawn", "撤回原因见任务的 reason",
                            "The task's \"reason\" says why"},
    [ERR_TASK_NOT_SIGNED] = {409, "该任务尚未签名", "The task is not signed", "未签名的任务请使用取消",
                             "A task that is not signed is cancelled instead"},
    [ERR_BATCH_NOT_FOUND] = {404, "没有该批次", "No such batch", "请核对批次标识", "Check the batch's identifier"},
    [ERR_TASK_CLAIMED] = {409, "该任务正在另一台设备上签名", "Another device is signing the task",
                          "请在那台设备上完成，或稍后重试", "Finish there, or try again later"},
    [ERR_TASK_NOT_CLAIMED] = {409, "该任务的签名会话不存在或已超时", "The task is not being signed by this session",
                              "请重新发起签名", "Start the signature again"},
    [ERR_DIGEST] = {422, "摘要不一致", "The digest does not match", "请确认摘要由同一文档按任务的形式计算",
                    "Compute the digest from the same document in the form the task names"},
    [ERR_SIGNING_TIME] = {422, "签名时间与服务器相差过大", "The signing time is too far from the server's clock",
                          "请将手机时间与标准时间同步后重新签名", "Set the phone's clock and sign again"},
    [ERR_DOCUMENT_CHANGED] = {409, "文档在任务创建后被改动", "The document changed after the task was made",
                              "请勿签名；请由业务系统用新文档重新发起任务",
                              "Do not sign; the business system starts a task with the new document"},
    [ERR_FORM] = {422, "不接受该签名形式", "The form of signature is refused", "请使用任务或系统允许的签名形式",
                  "Use a form that the task or the system allows"},
    [ERR_PICTURE] = {422, "图片不符合要求", "The picture is refused", "请使用 detail 所要求的 PNG 图片",
                     "Send a PNG as \"detail\" wants it"},
    [ERR_IDEMPOTENCY] = {422, "幂等键已用于另一请求", "The idempotency key belongs to another request",
                         "重试须与原请求完全相同；新的请求请使用新的幂等键",
                         "A retry must equal the first request; use a new key for a new one"},
    [ERR_ANSWER_LOST] = {409, "此操作先前已完成，其应答已不再保留", "It was done before; its answer is not kept any more",
                         "请刷新列表核对；其中只显示一次的密钥、令牌或激活码若未收到，请轮换或重新生成",
                         "Look at the list anew; a secret, token or code that was shown once and did not arrive has to be rotated or made anew"},
    [ERR_WORKSTATION_NOT_FOUND] = {404, "没有该工作站", "No such workstation", "请核对工作站标识，或重新登记",
                                   "Check the workstation's identifier, or register it"},
    [ERR_AUTHORISATION_NOT_FOUND] = {404, "没有该授权", "No such authorisation", "请核对授权标识",
                                     "Check the authorisation's identifier"},
    [ERR_AUTHORISATION_CLOSED] = {410, "授权已关闭或已到期", "The authorisation is closed or has run out",
                                  "如需继续，请用手机重新授权", "Authorise the workstation again with the phone"},
    [ERR_SCOPE] = {403, "超出授权范围", "Outside the authorisation's scope", "请用手机签名，或按需要的范围重新授权",
                   "Sign with the phone, or authorise again with the scope that is needed"},
    [ERR_SCAN] = {403, "二维码或短码不正确或已失效", "The QR code or short code is wrong or no longer valid",
                  "请重新扫描屏幕上正在显示的二维码", "Scan the code that the screen shows now"},
    [ERR_CALLBACK_NOT_FOUND] = {404, "没有该回调", "No such callback", "请核对回调标识",
                                "Check the callback's identifier"},
    [ERR_UNIT_NOT_FOUND] = {404, "没有该时间戳单元", "No such timestamp unit", "请核对时间戳单元的名称",
                            "Check the unit's name"},
    [ERR_TIMESTAMP_NOT_FOUND] = {404, "没有该时间戳", "No such timestamp", "请核对序列号", "Check the serial number"},
    [ERR_TIME] =
        {503, "可信时间不可用，已停止签发时间戳", "The time cannot be trusted: no timestamps are issued",
         "时钟恢复后自动继续；请管理员查看时钟状态 (yiqian time)",
         "Issuing goes on by itself when the clock is good again; the administrator sees why with: yiqian time"},
    [ERR_ACCESS] = {403, "不在访问许可之内", "Not admitted by the access lists", "请联系管理员核对时间戳访问名单",
                    "Ask the administrator to look at the timestamp access lists"},
    [ERR_RATE] = {429, "请求过于频繁", "Too many requests", "请稍后再试", "Try again later"},
    [ERR_BACKUP_NOT_FOUND] = {404, "没有该备份，或其文件已不在", "No such backup, or its file is gone",
                              "请核对备份标识；文件不在时可能已被移走",
                              "Check its id; the file may have been moved away"},
    [ERR_BACKUP_RUNNING] = {409, "已有备份或校验正在进行", "A backup or a verification is running already",
                            "请等待其完成后再试", "Wait until it is done"},
    [ERR_BACKUP_DIRECTORY] = {507, "备份目录不可用：请检查设置 backup_dir",
                              "The directory of backups cannot be used: look at the setting backup_dir",
                              "该目录须存在、属于运行服务的用户且可写；路径见服务器日志",
                              "It must be there, be the server's user's own and be writable; the log has its path"},
    [ERR_BACKUP_DOWNLOAD] = {403, "下载备份须先获批准", "Downloading a backup needs an approval first",
                             "请先申请下载；批准后十分钟内有效，限一次完整下载",
                             "Ask for it first; an approval is good for ten minutes and one whole download"},
    [ERR_BACKUP_INTERRUPTED] = {503, "备份被中断", "The backup was interrupted", "请重新备份", "Make it again"},
    [ERR_BACKUP_DAMAGED] = {422, "备份文件已损坏，或不是备份文件", "The backup is damaged, or is none",
                            "请改用另一份备份", "Take another backup"},
    [ERR_BACKUP_SHORTENED] = {422, "备份文件不完整（被截断）", "The backup is cut off",
                              "请重新传输该文件，或改用另一份备份", "Transfer the file again, or take another backup"},
    [ERR_BACKUP_CONTENT] =
        {409, "有内容无法从备份恢复", "Something could not be restored from the backup",
         "设置所指的文件路径不得含以点开头的部分，也不得位于服务器自用的目录（如 backups）；是哪一个见服务器日志",
         "The path of a file that a setting names may have no part that begins with a dot, and may not be in a "
         "directory "
         "of the server's own (such as backups); the log names it"},
    [ERR_PASSPHRASE_MISSING] = {409, "尚未设定备份口令", "There is no passphrase for backups yet",
                                "请在备份设置中设定口令，或随本次备份给出", "Set one, or give one with this backup"},
    [ERR_PASSPHRASE_WEAK] = {422, "备份口令过于简单", "The passphrase is too weak",
                             "至少 12 个字符、不全相同、不含控制字符",
                             "At least 12 characters, not all alike, no control characters"},
    [ERR_PASSPHRASE_WRONG] = {422, "备份口令不正确", "The passphrase is wrong", "请使用制作该备份时的口令",
                              "Use the passphrase that the backup was made with"},
    [ERR_MEMORY] = {503, "服务器内存不足", "The server is out of memory", "请稍后重试", "Try again later"},
    [ERR_LIMIT] = {422, "超出限制", "A limit is reached", "请减少单次请求的数量或大小", "Ask for less at once"},
    [ERR_BUSY] = {503, "服务器繁忙", "The server is busy", "请按 Retry-After 指示的秒数后重试",
                  "Try again after the seconds in Retry-After"},
    [ERR_TIMEOUT] = {504, "操作超时", "Timed out", "请稍后重试", "Try again later"},
    [ERR_IO] = {500, "读写失败", "Reading or writing failed", "请联系系统管理员", "Contact the administrator"},
    [ERR_DISK_FULL] = {507, "服务器磁盘空间不足", "The server's disk is full",
                       "请联系系统管理员清理磁盘；本次操作没有生效",
                       "Ask the administrator to free space; nothing was changed"},
    [ERR_CORRUPT] = {500, "数据损坏", "Data is damaged", "请联系系统管理员", "Contact the administrator"},
    [ERR_CONFIG] = {500, "服务器配置错误", "The server's configuration is wrong", "请联系系统管理员",
                    "Contact the administrator"},
    [ERR_INTERNAL] = {500, "内部错误", "Internal error", "请联系系统管理员，并提供发生时间",
                      "Contact the administrator and tell the time"},
};

enum { BUSY_RETRY_SECONDS = 1 };

const problem_row *problem_of(err e)
{
    return (unsigned)e < ERR_COUNT && rows[e].status != 0 ? &rows[e] : &rows[ERR_INTERNAL];
}

static void set_text(json_t *document, const char *name, const char *text)
{
    if (text && *text)
        (void)json_object_set_new(document, name, json_string(text));
}

static void set_number(json_t *document, const char *name, int value)
{
    if (value >= 0)
        (void)json_object_set_new(document, name, json_integer(value));
}

static json_t *document_of(arena *a, err e, const problem_row *row, const fault *f)
{
    json_t *document = json_object();
    set_text(document, "type", arena_printf(a, "urn:yiqian:problem:%s", err_code(e)));
    set_text(document, "title", row->title_zh);
    set_text(document, "title_en", row->title_en);
    set_number(document, "status", row->status);
    set_text(document, "code", err_code(e));
    set_text(document, "detail", f->detail);
    set_text(document, "field", f->field);
    set_text(document, "hint", row->hint_zh);
    set_text(document, "hint_en", row->hint_en);
    set_number(document, "tries_left", f->tries_left);
    set_number(document, "retry_after", f->retry_after);
    return document;
}

static void set_header(http_response *response, const char *name, const char *value)
{
    for (size_t i = 0; i < HTTP_HEADERS_OUT && value; i++) {
        if (!response->headers[i].name) {
            response->headers[i].name = name;
            response->headers[i].value = value;
            return;
        }
    }
}

void problem_respond(arena *a, http_response *response, err e, const fault *f)
{
    const problem_row *row = problem_of(e);
    fault said;
    fault_clear(&said);
    if (f)
        said = *f;
    if (said.retry_after < 0 && row->status == 503)
        said.retry_after = BUSY_RETRY_SECONDS;
    *response = (http_response){0};
    if (json_respond(a, response, row->status, document_of(a, e, row, &said)) != ERR_OK)
        response->body = bytes_of_text("{\"code\":\"out_of_memory\"}");
    response->status = row->status;
    response->content_type = "application/problem+json";
    if (said.retry_after >= 0)
        set_header(response, "Retry-After", arena_printf(a, "%d", said.retry_after));
    if (row->status == 401)
        set_header(response, "WWW-Authenticate", "Yiqian");
}
