export default {
  systems: {
    title: '业务系统', about: 'HIS、EMR、LIS 等调用医签的系统：各自的权限、凭证、允许的地址与回调。', add: '添加业务系统', newAbout: '四步完成：登记、授权、限定地址，最后得到凭证和一段可直接运行的示例。', find: '名称、联系人、备注', anyState: '全部状态',
    none: '还没有业务系统。添加一个，把凭证交给对接的厂商即可开始联调。', noneFound: '没有符合条件的业务系统。', name: '名称', nameAbout: '签名时显示在医护人员的手机上，请用他们认得的名字。', contact: '联系人', note: '备注', noteExample: '如：门诊一号服务器',
    stateLabel: '状态', scopes: '权限', networks: '允许的地址', anywhere: '不限', credentials: '有效凭证', lastUsed: '最近使用', addedAt: '添加于', madeAt: '发放时间', acts: '操作', stamps: '签名加盖时间戳', stampsAbout: '自下一个签名起，其任务完成时自动加盖可信时间戳；已完成的不变。',
    step: { who: '是谁', what: '可以做什么', where: '从哪里来', secret: '凭证与示例' }, make: '添加并发放凭证', missing: { 0: '请先填写名称', 1: '请至少选择一项权限', 2: '请先改正地址' }, made: '已添加“{name}”。把下面的凭证交给它，页面离开后不再显示。',
    scope: { tasks: '签名任务', users: '人员同步', verify: '签名验证', timestamps: '时间戳' },
    scopeAbout: {
      tasks: '发起签名任务、查询与取回签名结果、撤回和取消、扫码登录与扫码签名，接收自己的回调。看不到其他系统的任务。', users: '查询、新增、修改人员与科室，挂失手机。不能发放激活码，因此不能冒充任何人签名。',
      verify: '提交签名、证书或时间戳作验证。', timestamps: '申请时间戳，受时间戳访问名单与限额约束。',
    },
    network: { form: '不是 IP 地址或网段', bits: '前缀以外的位须为零', twice: '重复', example: '10.1.0.0/16\n192.0.2.7\n2001:db8::/32', about: '每行一个 IPv4、IPv6 地址或网段（CIDR），至多 64 个。来自别处的请求即使凭证正确也被拒绝，并记入审计日志。经过受信反向代理时按客户端的真实地址判断。', any: '留空表示不限制。建议只填业务系统服务器所在的地址：凭证即使泄露，别处也用不了。' },
    tab: { about: '业务系统', credentials: '凭证', callbacks: '回调' }, keyId: '凭证标识', secret: '密钥', secretTitle: '新凭证', saveFile: '保存为凭证文件', saveFileAbout: '供 yiqian 命令行与示例程序使用；请只让该系统的运行账户可读。', savedIt: '我已保存', sample: '第一个请求',
    sampleAbout: '可直接运行：按接口文档对请求签名（HMAC-SM3）并调用本服务器。', leaveTitle: '密钥还没有保存', leaveText: '密钥只显示这一次，离开后不能再看到；届时只能轮换出新的凭证。', leaveAct: '仍要离开',
    suspend: '停用', resume: '恢复', suspended: '已停用，其凭证立即失效', resumed: '已恢复', suspendText: '停用“{name}”后，它的所有凭证立即不能使用；已发起的任务照旧，医护人员仍可签名，结果照常回调。业务系统不能删除，可随时恢复。', isSuspended: '已停用：它的所有凭证都不能使用。',
    credentialsAbout: '同时可以有多个（至多 16 个），每台服务器一个便于追查。最近使用约一分钟更新一次。', newCredential: '发放凭证', noCredential: '还没有凭证，它还不能调用。',
    endsAt: '失效于', replacedBy: '已轮换为', rotate: '轮换', revoke: '吊销', revoked: '已吊销，立即失效', revokeText: '吊销 {key} 后，用它的请求立即被拒绝，不能恢复。若只是更换，请用“轮换”，业务不会中断。', dialog: { new: '发放凭证', edit: '更改凭证', rotate: '轮换凭证' },
    rotateAbout: '发放一个新凭证，旧的在重叠期内照常可用，到时自行失效：在此期间把新凭证换到业务系统上，业务不中断。', overlap: '旧凭证继续有效', overlaps: { h0: '立即失效', h1: '1 小时', h24: '1 天', h168: '7 天', h720: '30 天', until: '直到指定时间' }, expires: '到期时间（可不填）', expiresAbout: '到时自行失效；不填则一直有效，直到吊销或轮换。',
  },
  callbacks: {
    title: '回调日志', about: '每一条发给业务系统（和推送服务）的消息：何时、结果如何、何时重试；失败的可以重发。消息保留的时间见“服务器配置”的 callback_retention。', anySystem: '全部业务系统', anyEndpoint: '全部端点', anyState: '全部状态', anyEvent: '全部事件', from: '从', until: '到', none: '没有符合条件的回调。',
    happened: '发生时间', eventLabel: '事件', tries: '次数', last: '最近一次结果', next: '下次重试', finished: '结束时间', task: '任务（或人员）', id: '消息标识', one: '一条回调', push: '推送', notYet: '还没有发送', replay: '重发', replayed: '已重新排队', replayAll: '重发失败的', replayAllText: '把 {since} 以来失败的全部重新排队，消息标识不变；接收方按标识去重。', replayedN: '已重新排队 {n} 条',
    event: { task_signed: '已签名', task_declined: '已拒签', task_cancelled: '已取消', task_expired: '已过期', task_withdrawn: '已撤回', task_pending: '待签名', task_stamped: '已补时间戳', task_waiting: '有待签任务', test: '测试' },
    endpointsAbout: '任务有了结果即通知这些地址：以 HMAC-SM3 签名、同一任务按序、失败后一天内重试。至多 4 个。', pushAbout: '唤醒手机的推送服务：只告诉它谁有待签任务，不含患者信息。至多 4 个。', add: '添加端点', edit: '更改端点', atMost: '至多 4 个', noEndpoint: '还没有端点。', url: '地址', urlAbout: 'https:// 任意地址；http:// 仅限院内私有地址。不跟随重定向。', events: '通知哪些事件', counts: '消息', queued: '等待 {n}', failedN: '失败 {n}', deliveredN: '一天内送达 {n}', previousUntil: '旧密钥仍同时签名，直到',
    test: '测试', took: '（{ms} 毫秒）', suspend: '暂停', resume: '恢复', rotate: '换密钥', rotateText: '新密钥立即启用；24 小时内新旧密钥同时签名，接收方在此期间换上新密钥即可。', rotated: '已换密钥', remove: '移除', removed: '已移除', removeText: '移除 {url}：等待中的 {n} 条消息不再发送。', secretTitle: '回调密钥', secret: '密钥', secretAbout: '接收方用它核验 YQ1-Signature 头，见 docs/integration/callbacks.md。',
    said: {
      ok: '成功：对方应答 {status}。', s401: '对方应答 401：它要求登录。请让它按签名而不是登录识别回调。', s403: '对方应答 403：它拒绝了请求。请检查它的签名校验与防火墙规则。', s404: '对方应答 404：地址存在，但没有这个路径。请核对路径。', s405: '对方应答 405：它不接受 POST。', s410: '对方应答 410：它表示不再接收，此消息不再重试。', s413: '对方应答 413：它嫌消息过大。', s429: '对方应答 429：它嫌请求太频繁，稍后自动重试。',
      s500: '对方应答 500：接收程序出错，请查看它的日志。', s502: '对方应答 502：它前面的代理连不上接收程序。', s503: '对方应答 503：接收程序暂不可用。', s4xx: '对方应答 {status}：它不接受此请求，请查看它的日志。', s5xx: '对方应答 {status}：接收方出错，请查看它的日志。', redirect: '对方要求重定向，按规定不跟随：请填写最终地址。',
      refused: '连接被拒绝：那台机器上没有程序在此端口接收，或防火墙挡住了。', timeout: '等了 10 秒没有应答：接收程序卡住了，或网络不通。', name: '域名解析不到：请核对主机名与 DNS。', tls: 'TLS 证书不受信任或不匹配：院内 CA 请配置 callback_ca_file。', closed: '对方中途断开了连接。', refusedHere: '此地址不允许连接（链路本地、云元数据，或 callback_deny 所列）。', removed: '端点已移除，消息不再发送。', other: '没有应答：{message}',
    },
  },
}
