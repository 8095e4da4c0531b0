export default {
  access: { operators: '操作员', roles: '角色与权限', approvals: '审批', sessions: '登录会话' },
  login: {
    title: '登录', scan: '扫码登录', file: '密钥文件', command: 'USB Key / 命令行', app: '打开移动端应用', nobody: '尚无操作员，还不能登录：请打开服务器启动时在终端或日志中打印的一次性链接，登记首位管理员。链接失效时重新启动 yiqiand 会再打印一个；以后新增的操作员用 yiqian operator link 工号取得链接。', linking: '正在用一次性链接登录…', refused: '登录未成功', enter: '登录',
    out: '您已退出登录。', idle: '长时间无操作，已自动退出。登录后回到刚才的页面。', ended: '登录已失效：已到期，或在别处被结束。登录后回到刚才的页面。',
    again: '此操作须重新登录。登录后回到刚才的页面。', kept: '由您本人登录，填写的内容还在，只有口令、密钥等须重新填写；由他人登录，则不留下。',
    chooseFile: '选择密钥文件', chooseOther: '点击改选其他文件', dropFile: '也可拖放到此处（.pem）', notKeyFile: '这不是密钥文件：应为含“ENCRYPTED PRIVATE KEY”的 PEM 文件。', fileHint: '私钥只在本浏览器内使用，不会上传。',
    command1: '用 USB Key 厂商的程序对下面的内容（Base64）签名：SM2，SM3，默认标识 1234567812345678', byCommand: '在命令行运行，把打印的登录凭据贴到下面：', usb: '用 USB Key 的签名程序', answer: '登录凭据', answerHint: '命令打印的凭据；或证书（PEM）与签名（Base64）', badAnswer: '无法识别：需要命令打印的凭据，或一张 PEM 证书和一个 Base64 签名。',
    scanHint: '用医签应用扫码，在手机上确认并输入 PIN。', noCamera: '不能扫码？在应用中输入短码', number: '请在手机上输入这两位数字', scanned: '已扫码，请在手机上确认', over: '二维码已过期', overHint: '出于安全，登录码只在几分钟内有效。', renew: '换一个', declined: '手机上已拒绝此次登录',
  },
  sessions: {
    about: '谁正登录在控制台。发现陌生的登录，立即结束并核对其操作。', person: '操作员', method: '登录方式', origin: '地址', since: '登录时间', seen: '最近操作', until: '最迟结束', this: '本次', none: '没有登录会话', end: '结束',
    endText: '{name} 在 {address} 的登录将立即失效，未保存的内容会丢失。', endThis: '这是您当前的登录，结束后需重新登录。', ended: '已结束', by: { link: '一次性链接', certificate: '证书', scan: '扫码' },
  },
  roles: {
    about: '谁能做什么。内置角色不可更改；需要更细的分工时新建角色。', none: '没有角色。', add: '新建角色', change: '修改角色', permission: '权限', operators: '{n} 人', builtIn: '内置', name: '名称', like: '从已有角色开始：', remove: '删除角色“{name}”', removeText: '删除后不能恢复。', removed: '已删除', inUse: '仍有操作员使用',
    duty: { system: '系统管理', certificates: '证书业务', audit: '审计', none: '查看' }, and: '、', mixed: '“{duties}”不能由同一人担任。', mixedWhy: '职责须分离：管系统的人不办证书业务，看审计日志的人不改任何东西。请分成两个角色。',
  },
  operators: {
    missed: '{name} 的登录链接在您离开页面或登录失效之后才返回，没有显示。请在该操作员的页面再取一次，旧的随即作废。',
    about: '能登录控制台的人。变更须由另一位管理员批准。初次登录两人经手：批准人得到设置码，申请人在该操作员的页面取链接，分别交给本人。没有另一位管理员时，在服务器上用 yiqian operator link 生成一次性链接。', add: '添加操作员', findStaffNo: '按工号查找', person: '操作员', role: '角色', state: '状态', certificates: '登录证书', ways: '登录途径', byCertificates: '证书 {n} 张', byPhones: '手机 {n} 部', noWay: '无证书或手机', seen: '最近操作', since: '添加于', none: '没有操作员', added: '已添加 {name}', lone: '目前只有您一位管理员，没有人能批准，添加的操作员直接生效但不能从这里设置登录。请在服务器上以其自身用户运行以下命令，把打印的一次性链接交给本人：', loneWaiting: '{name} 目前没有登录途径（没有证书或手机，也没有登录），您的重要操作却要由其批准：在其登录之前，没有人能批准任何操作，也不能从这里为其设置登录（批准人正是其本人）。请在服务器上以其自身用户运行以下命令，把打印的一次性链接交给本人，30 分钟内有效：', alone: '目前没有另一位管理员批准，已直接添加。请在服务器上以其自身用户运行：\nyiqian operator link {staff_no}\n把打印的一次性链接交给本人，30 分钟内有效。',
    setUp: '设置登录', setUpText: '为 {name} 设置初次登录或恢复登录。另一位管理员批准时得到设置码，您随后在此页取链接；两者分别交给本人，24 小时内同时使用才能登录。此前的链接作废。', setUpWaits: '登录方式已设置，等待本人使用，有效至 {at}。', linkYours: '链接由您交给本人。', takeLink: '取链接', linkAbout: '交给 {name} 本人，只显示这一次。打开后还需要批准人手中的设置码。再取一次则此链接作废。',
    staffNo: '工号', name: '姓名', unknown: '尚无此工号的人员，填写姓名即一并登记。', userSuspended: '人员已停用',
    suspend: '停用', resume: '恢复', remove: '移除', changeRole: '更改角色', suspendText: '{name} 的登录会话立即结束，在恢复之前不能登录。', resumeText: '{name} 将可以重新登录。', removeText: '{name} 不再是操作员，其登录证书被吊销；人员本身保留。', roleText: '更改后 {name} 的登录会话立即结束，重新登录后按新角色使用。', changed: '已更改', removed: '已移除', own: '这是您自己：角色与状态由另一位管理员更改。',
    serial: '序列号', kind: '签发者', issued: '本院签发', bound: 'USB Key（外部 CA）', from: '生效', until: '到期', newFile: '制作密钥文件', bind: '绑定 USB Key 证书', bindOther: '导入证书或证书请求', bindText: '需要 USB Key 中的签名证书（PEM 或 DER，SM2），或证书请求（PEM）。', otherHint: '私钥只应在本人手中：新操作员先用一次性链接登录，再在“我的账户”中自行制作密钥文件。也可导入其 USB Key 的证书，或其自行生成的证书请求。', issued1: '已签发', download: '下载', bindFile: '选择证书文件', bound1: '已绑定', revoke: '吊销', revokeText: '吊销后不能再用这张证书登录。', revoked: '已吊销', noCertificates: '没有登录证书；也可用本人的手机扫码登录。', noOwnCertificates: '还没有登录证书。可制作密钥文件、绑定 USB Key，或在应用登记后扫码登录。', badCertificate: '这不是证书文件',
  },
  approvals: {
    missed: '“{act}”已批准并执行，其结果中只显示一次的内容在您离开页面或登录失效之后才返回，没有显示，也无法再看。请让申请人重新申请（设置登录、新令牌）或轮换密钥。',
    about: '重要操作须由另一位同事批准后才执行（四眼原则），24 小时内有效。', nonePending: '没有等待批准的操作', none: '没有记录', target: '对象', now: '现在的{what}', yes: '是', no: '否', kind: { alarm_channel: '告警通道', backup: '备份', operator: '操作员', profile: '证书模板', role: '角色', role_given: '角色', root: '根证书', timestamp_unit: '时间戳单元' }, lasts: '有效期', lastsHours: '{n} 小时（未另行指定）', askedBy: '申请人', decidedBy: '决定人', reason: '原因', until: '有效至', raw: '原始请求', approve: '批准并执行', reject: '驳回', withdraw: '撤回',
    approveTitle: '批准后立即执行', rejectTitle: '驳回申请', withdrawTitle: '撤回申请', done: '已批准并执行', setupCode: '设置码', setupAbout: '请当面或打电话告知该操作员本人，不要转给申请人。只显示这一次；本人还需要申请人手中的链接，24 小时内有效。', failed: '已批准，但执行失败', rejected: '已驳回', withdrawn: '已撤回', state: { pending: '待批准', approved: '已执行', failed: '执行失败', rejected: '已驳回', withdrawn: '已撤回', expired: '已过期' },
  },
  acts: {
    operator: { create: '添加操作员', update: '更改操作员', remove: '移除操作员', certificate: '为操作员签发或绑定登录证书', setup: '设置操作员登录', token_create: '生成操作员令牌' }, role: { create: '新建角色', update: '修改角色', delete: '删除角色' }, tsa: { unit_retire: '停用时间戳单元', root_add: '信任另一机构的根证书', root_remove: '不再信任一个根证书' }, profile: { create: '新建证书模板', change: '修改证书模板', retire: '停用证书模板', use: '以此模板签发证书' }, policy: { update: '更改安全策略' },
    alarm: { channel_create: '新建告警通道', channel_update: '修改告警通道', channel_remove: '删除告警通道' },
    backup: { remove: '删除备份', permit: '下载备份', settings: '更改定期备份的设置' },
  },
  fields: { staff_no: '工号', name: '名称', role: '角色', state: '状态', permissions: '权限', csr: '证书请求', certificate: '证书', reason: '原因', expires_in: '有效期（秒）', expires_at: '有效至', password: '密码', url: '地址', recipients: '收件人', host: '邮件服务器', certificates_per_person: '每人证书', renewal_days: '到期前几天可更新', fingerprint: '允许用指纹签名', console_idle_minutes: '控制台无操作多少分钟退出', scopes: '令牌的角色', scope: '范围', cause: '由来', size: '大小', made_by: '制作人', created_at: '创建时间', not_after: '证书有效至', type: '类型', address: '地址', operators: '拥有者人数', version: '版本', in_use: '正在使用', certificates: '有效证书数', algorithm: '算法', subject: '主体', schedule: '何时备份', at: '时刻', weekday: '星期', keep: '保留份数', passphrase: '口令', severity: '最低级别', kind: '类型', port: '端口', security: '加密', sender: '发件人', username: '用户名', language: '语言', digest_minutes: '汇总分钟数', quiet_from: '静默自', quiet_to: '静默至', definition: '模板内容', note: '说明', profile: '标识', purposes: '用途' },
  first: {
    title: '登记首位管理员', about: '这是本系统的第一次登录。登记后此链接失效。', noLink: '链接不完整：请完整打开服务器启动时打印的一次性链接。', way: '以后如何登录', app: '移动端应用', appAbout: '登记后显示激活码，在手机上登记应用，以后扫码登录。', become: '成为首位管理员', used: '链接已使用或已过期', usedHint: '尚无操作员时重新启动 yiqiand 会打印新链接；已有操作员时，请在服务器上运行 yiqian operator link 工号。',
    welcome: '您好，{name}', inApp: '用手机扫码打开应用，输入工号与激活码：', address: '应用地址', code: '激活码', codeUntil: '有效至', later: '请在“我的账户”中重新制作密钥文件（登录后 15 分钟内）。', next: '建议接着添加第二位管理员与一位审计员：此后重要操作须两人完成。', enter: '进入控制台',
  },
  keyfile: {
    missed: '登录证书已签发，但密钥文件在您离开页面或登录失效之后才做好，没有保存，私钥已销毁。请在“我的账户”中吊销这张证书，重新制作密钥文件。',
    new: '为 {name} 制作密钥文件', about: '私钥在本浏览器内生成，用口令加密后保存为文件。登录时需要这个文件和口令。', passphrase: '口令', again: '再输一次', short: '至少 12 个字符', plain: '过于简单：不要全是数字，也不要只用几个字符', differs: '两次不一致', make: '生成并下载', made: '已下载 {file}', saveAgain: '再次下载',
    keep1: '请存放在只有本人能取用的地方，例如个人 U 盘。', keep2: '忘记口令无法找回，只能吊销后重新制作。', insecure: '密钥文件只能在 HTTPS 连接（或服务器本机）的页面上使用。请改用 https:// 地址。',
    wrong: '口令不正确', damaged: '文件已损坏，或不是密钥文件', unsupported: '不支持的加密算法：需要 PBES2（PBKDF2-HMAC-SHA256、AES-256-CBC）', missing: '文件中没有证书', mismatch: '文件中的证书与私钥不符',
  },
  setup: {
    title: '初次登录', about: '输入另一位管理员告诉您的设置码。登录后请立即制作密钥文件或登记手机。', noLink: '链接不完整：请完整打开管理员交给您的链接。', code: '设置码', wrong: '设置码不正确', wrongHint: '连续输错 5 次后链接作废。', over: '链接已使用、已作废或已过期', overHint: '请让管理员重新设置登录。',
  },
  phones: {
    missed: '登记手机的激活码在您离开页面或登录失效之后才返回，没有显示。请在“我的账户”中重新生成；没有显示的那个无人看到，到期自动失效。',
    title: '我的手机', about: '可扫码登录控制台的手机。成为操作员之前激活的手机只能用于签署：确认确实在您手中后，才可用于登录。', phone: '手机', enrolled: '激活时间', key: '密钥', login: '登录控制台', never: '不可登录，仅用于签署', none: '没有已激活的手机',
    how: { enrolled: '可登录：由本人或在服务器上发起激活', confirmed: '可登录：本人已确认', earlier: '可登录：升级前已用于登录' },
    mine: '这是我的手机', mineText: '{name}（{platform}），激活于 {at}。\n请拿出这部手机核对型号与时间。确认后，持有它的人即可登录控制台。须在登录后 15 分钟内。', confirmed: '已确认，可扫码登录', take: '不再用于登录', takeText: '{name} 不能再登录控制台，以扫码登录的会话立即结束；签署不受影响。', taken: '已取消', enrol: '登记手机', enrolAbout: '在手机上打开应用 {app}，输入工号与下面的激活码（有效至 {at}）。登记后即可扫码登录。',
  },
  account: { byLink: '您用一次性链接登录，链接不能再用。登录后 15 分钟内，请制作密钥文件，或登记、确认自己的手机，下次登录靠它们：', first: '登录后 15 分钟内，请在下面制作密钥文件或登记手机：链接不能再用，下次登录靠它们。', about: '我的登录证书、手机、登录会话与界面语言。', language: '界面语言', sessions: '我的登录会话' },
}
