export default {
  system: {
    missed: '告警渠道“{name}”已添加，其签名密钥在您离开页面或登录失效之后才返回，没有显示，也无法再看。请删除后重新添加，取得新的密钥。',
    check: '系统检测', neverChecked: '还没有检测结果。系统每分钟自动检测；也可立即检测。', checkAbout: '一键检查数据库、磁盘、证书、时钟、密钥、队列、审计日志与配置，并说明该怎么办。', checkNow: '立即检测', checking: '正在检测…', showAll: '显示全部项目', hideWell: '只看有问题的', allWell: '{n} 项全部正常', limit: '界限', whatToDo: '怎么办：',
    counts: '异常 {failed} 项，警告 {warning} 项，未知 {unknown} 项，正常 {ok} 项',
    result: { ok: '一切正常。', unknown: '未发现问题，有的项目无法得知。', warning: '有需要留意的事项。', failed: '有异常，请尽快处理。' },
    state: { ok: '正常', unknown: '未知', warning: '警告', failed: '异常' },
    family: { database: '数据库', disk: '磁盘', machine: '主机', certificates: '证书与 CRL', clock: '时钟与时间源', keys: '密钥与自检', queues: '队列', audit: '审计日志', callbacks: '回调接口', backup: '备份', configuration: '配置' },
    monitoring: '运行监控', monitoringAbout: '主机与服务的运行情况，每分钟一个值，保留 30 天；此后每小时一个，保留一年。', rangeLabel: '时间范围', range: { hour: '1 小时', six: '6 小时', day: '24 小时', week: '7 天', month: '30 天', year: '一年' }, node: '节点', thisNode: '本节点', noHistory: '这段时间还没有数据，请稍候片刻。',
    graph: { cpu: 'CPU', memory: '内存', disk: '数据磁盘', network: '网络', io: '磁盘读写', answers: '请求（每分钟）', latency: '响应时间', work: '签名与时间戳（每分钟）', queues: '队列', load: '系统负载', files: '打开的文件', temperature: '温度' },
    metric: {
      cpu: '全机', process_cpu: '本服务（单核）', memory_used: '已用', memory_total: '总量', process_memory: '本服务', disk_free: '剩余', disk_total: '总量', net_received: '接收', net_sent: '发送', disk_read: '读取', disk_written: '写入',
      answers_2xx: '成功 2xx', answers_4xx: '拒绝 4xx', answers_5xx: '错误 5xx', latency_p50: '中位数', latency_p95: '95%', latency_p99: '99%', signatures: '签名', tokens: '时间戳', tasks_unfinished: '未完成任务', callbacks_queued: '待发回调', stamps_waiting: '待补时间戳', requests_waiting: '长连接等待',
      load: '1 分钟负载', process_files: '文件数', temperature: '最高温度',
    },
    alarms: '告警', alarmsAbout: '系统每分钟自动检测；同一问题只有一条告警，恢复后自动结束。', alarmState: '状态', unclosed: '未恢复', alarm: { open: '未处理', acknowledged: '处理中', closed: '已恢复' }, severity: '级别', warning: '警告', critical: '严重', what: '事项', value: '现值', since: '起始', seen: '最近 / 恢复',
    acknowledge: '我来处理', acknowledged: '已确认：恢复之前不再通知', noAlarm: '没有未恢复的告警。', noAlarms: '没有告警。',
    channels: '通知方式', channelsAbout: '告警经邮件或 Webhook 通知；短时间内的多条合成一封。新建、修改、停用与删除须另一位同事批准。', channel: '通道', target: '发往', told: '通知', mail: '邮件', webhook: 'Webhook', addChannel: '新建通道', editChannel: '修改通道', removeChannel: '删除通道', removeChannelText: '删除后“{name}”不再收到告警，未发出的通知作废。', noChannels: '还没有通知方式：新建一个，告警才会发出去。',
    test: '测试', suspend: '暂停', resume: '启用', delivered: '“{name}”已收到测试消息（{ms} 毫秒）。', notDelivered: '“{name}”没有收到测试消息：{why}', failing: '连续失败 {n} 次', lastSent: '最近发出', everyMinutes: '至少相隔 {n} 分钟', from: { warning: '警告与严重', critical: '仅严重' },
    name: '名称', host: '邮件服务器', port: '端口', security: '加密', clear: '不加密', sender: '发件人', username: '用户名', password: '密码', passwordKept: '不改则留空', passwordAsIs: '不变', recipients: '收件人', recipientsHint: '每行一个，至多 10 个', least: '通知哪些', language: '语言', digest: '两封至少相隔（分钟）', quiet: '安静时段（只发严重的）', secret: '签名密钥', secretAbout: '通道已建。用这个密钥验证消息的签名（HMAC-SM3，与回调相同）。',
    audit: '审计日志', auditAbout: '每个操作一行，不能修改也不能删除；可查询、导出与核验。', business: '业务日志', businessAbout: '签名任务、回调、扫码登录与授权的全部经过。', verify: '核验完整性', notChecked: '启动以来尚未核验。核验会重新计算全部记录的散列树。', intact: '日志完整，共 {n} 行', upTo: '核验到第 {n} 行（{at}），树根', checkedAt: '核验于', nobody: '未登录者', server: '服务器', broken: '日志不完整：', brokenHint: '请保留现场（数据目录与备份），不要重启服务器，并通知安全负责人。',
    event: '事件', outcome: '结果', done: '成功', refused: '被拒绝', actor: '操作者', subject: '对象', origin: '来源', detail: '说明', no: '序号', time: '时间', start: '开始时间', end: '结束时间', same: '查相同的', asCsv: 'CSV（供阅读，按当前条件）', asJsonl: 'JSON 行（可离线核验）', exportCut: '还有未导出的行：请缩小条件或时间，再导出其余部分。', noRows: '没有符合条件的记录。', story: '查看任务的完整经过',
    said: { repeated: '重复的请求：答复先前的结果', started: '已开始' },
    finding: {
      summary: '各行无误，但供查询用的第 {a} 至 {b} 行摘要与其内容不符：查询可能漏掉它们。', noSummary: '各行无误，但供查询用的各段摘要无法读取：查询可能出错或漏掉一些行。', unnumbered: '有一行的序号不是从 1 起的数。', missing: '缺第 {a} 行：其后是第 {b} 行。', changed: '第 {a} 行被改动：其内容与登记的散列值不符。', cut: '登记有 {a} 行，但第 {b} 行之后的已不在。', beyond: '登记有 {a} 行，却另有第 {b} 行。',
      replaced: '各行算不出登记的根值：有的行连同散列值一起被替换。', noHead: '没有登记的链头。', badHead: '登记的链头格式不对。', otherKey: '登记的链头不是用这个主密钥写的。',
    },
  },
}
