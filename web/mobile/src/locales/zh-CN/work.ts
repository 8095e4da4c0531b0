export default {
  when: { now: '刚刚', minutes: '{n} 分钟前', today: '今天 {clock}', yesterday: '昨天 {clock}', year: '{date} {clock}', date: '{year}-{date}', none: '' },
  camera: {
    starting: '正在打开相机…', reading: '正在识别图片…', album: '相册', torch: '手电筒', again: '重试', open: '打开相机', noCode: '图片中没有找到二维码，请换一张清晰的图片', noPicture: '无法打开这张图片',
    denied: { title: '没有相机权限', hint: '请在手机或浏览器的设置中允许医签使用相机，然后重试。也可以从相册选取二维码图片，或输入 8 位数字。' },
    missing: { title: '没有可用的相机', hint: '可以从相册选取二维码图片，或输入屏幕上的 8 位数字。' },
    busy: { title: '相机正被占用', hint: '请关闭其他正在使用相机的应用，然后重试。' },
    insecure: { title: '此连接不能使用相机', hint: '相机只能在 https:// 的地址下使用。可以从相册选取二维码图片，或输入 8 位数字。' },
  },
  document: {
    title: '文书原文', pages: '共 {n} 页', page: '第 {n} 页，共 {all} 页', image: '文书图片', wide: '全屏', close: '关闭', smaller: '缩小', larger: '放大', fit: '适合屏幕宽度', more: '继续显示后面的内容', laidOut: '便于阅读', textOnly: '只显示文字，不含版式和图片', asIs: '原样显示', loading: '正在取文书（{size}）…',
    matches: '文书未被改动', matchesHint: '本机重新计算的 SM3 摘要与待签任务一致', notShown: '这种文件不能在手机上显示', failed: '文件无法显示', notShownHint: '摘要已核对一致。请在业务系统中查看内容后再签署。', type: '类型', size: '大小',
  },
  tasks: {
    title: '待签', waiting: '份待签', urgentCount: '其中 {n} 份紧急', priority: { urgent: '紧急', high: '优先', normal: '普通' }, group: { urgent: '紧急', high: '优先', normal: '待签文书' }, before: '{at} 前', opened: '已打开', read: '已读完', alone: '本机看不到原文，须单独签署',
    find: '查找患者、文书、系统', notFound: '没有符合的文书', more: '只显示前 {n} 份，签完后显示其余', pull: '下拉刷新', loose: '松开刷新', loading: '正在刷新…', asOf: '列表更新于', again: '重试', cancel: '取消',
    empty: '没有待签文书', emptyHint: '新的任务到达时会自动出现在这里', scan: '扫一扫', choose: '批量签署', all: '全选', review: '核对 {n} 份',
  },
  task: {
    title: '待签文书', reference: '编号', until: '截止', sign: '签署', decline: '拒签', back: '返回', proof: '签署文书', unseen: '本机看不到原文', unseenHint: '业务系统只发来摘要，没有发来文书。请先在业务系统中核对内容。', unseenAsk: '签名将对这份看不到的文书生效。确认已在业务系统中看过并同意其内容吗？', signUnseen: '已核对，签署',
    changed: '文书与摘要不符，不能签署', changedHint: '收到的内容不是要签的那一份，已报告服务器。请拒签，或联系发起人重新发送。', unknownForm: '此版本的应用不能签署这类任务，请更新应用。', gone: '这份文书已不在待签列表中', goneHint: '可能已被撤回、已过期，或已在其他设备上签署。', notRead: '文书尚未读到末尾', wasRead: '已读到末尾',
    next: '下一份（还有 {n} 份）', again: '返回重签', finish: '完成', toList: '返回列表',
  },
  decline: { title: '拒签', why: '原因', reasons: ['内容有误，需要修改', '患者信息不符', '不是本人经手', '暂缓签署'], changed: '文书与摘要不符', own: '补充说明', placeholder: '可不填；会告知业务系统', tooLong: '最多 {n} 字', back: '返回', send: '确认拒签', done: '已拒签', told: '原因已告知{system}' },
  batch: { title: '核对后批量签署', hint: '点文书可打开阅读；去掉勾选的不签，要拒签的点右侧。一次验证签署全部。', alone: '拒签', aloneOf: '单独查看或拒签：{title}', notOpened: '未打开', opening: '正在打开…', openedOf: '已打开 {n} / {all} 份', sign: '签署 {n} 份', signAll: '签署 {n} 份', proof: '批量签署 {n} 份文书', unreadTitle: '还有 {n} 份没有打开', unreadAsk: '未打开的文书同样会签署。每份文书的摘要仍会在本机核对。', rest: '去掉有问题的，签署其余 {n} 份' },
  result: {
    title: '签署结果', signed: '签署成功', signedMany: '{n} 份全部签署成功', some: '{all} 份中签署了 {n} 份', notSigned: '没有签署', unknown: '正在确认是否已签署', unknownHint: '签署时网络中断，正在向服务器查询结果。\n请勿重复签署。', offlineHint: '连不上服务器。恢复网络后会自动查询结果，\n也可以离开此页，稍后在“签署记录”中查看。', lostHint: '网络中断，签名没有完成。可以重新签署。', ask: '立即查询', stuck: '无法确认是否已签署', stuckHint: '{why}，已无法查询。\n请在业务系统中查看是否已签署。', failuresBefore: '上次成功之后，有 {n} 次输错 PIN。如果不是您本人，请尽快修改 PIN 并联系管理员。',
    state: { failed: '未签署', not_attempted: '未签署', unknown: '待确认', gone: '已不在列表中' },
  },
  scan: {
    title: '扫一扫', hint: '对准电脑屏幕上的二维码', digits: '输入数字', digitsTitle: '输入屏幕上的 8 位数字', digitsHint: '登录页面的二维码下方有一组数字', enter: '下一步', sending: '正在识别…', again: '重新扫描', notOurs: '不是医签的二维码', notOursHint: '请扫描业务系统或医签页面显示的二维码。', nothing: '没有需要签署的文书', nothingHint: '这个二维码对应的文书已经处理完了。',
  },
  login: {
    title: '扫码登录', asks: '请求用您的身份登录', as: '登录身份', at: '单位', left: '剩余时间', seconds: '{n} 秒', number: '输入登录页面上显示的两位数字', warning: '只确认您面前、由您本人操作的屏幕。如果不是您在登录，请拒绝。', proof: '确认登录', sign: '确认登录', decline: '拒绝', notMe: '不是本人操作', unknown: '正在查询登录是否已确认', unknownHint: '确认时网络中断，正在向服务器查询结果。', lost: '登录没有确认', lostHint: '网络中断，登录没有确认。请在电脑上刷新二维码后重新扫描。', signed: '登录已确认', signedHint: '请回到电脑屏幕继续', system: '业务系统', time: '确认时间',
    declined: '已拒绝登录', declinedHint: '如果不是您发起的登录，请告知信息科。', numberWrong: '数字不对，登录已取消', numberWrongHint: '请在电脑上重新发起登录，并输入屏幕上显示的两位数字', over: '登录请求已失效', overHint: '请在电脑上刷新二维码后重新扫描',
  },
  authorise: {
    title: '工作站授权', looking: '正在核对工作站…', asks: '请求替您签名的工作站', warning: '授权期间，这台工作站不用手机就能以您的名义签名。只授权您自己正在使用的工作站。', until: '授权至', asAsked: '按申请', hours: '{n} 小时', minutes: '{n} 分钟', count: '签名次数', most: '最多 {n} 次', systems: '业务系统', recordTypes: '文书类型', any: { systems: '全部业务系统', recordTypes: '全部文书类型' },
    proof: '授权工作站签名', allow: '授权', decline: '不授权', active: '授权已生效', unknown: '正在确认授权是否已生效', unknownHint: '网络中断，没有收到服务器的答复。\n在确认之前，工作站可能已经可以替您签名。', lost: '没有授权', lostHint: '网络中断，授权没有生效。请让工作站刷新二维码后重新扫描。', activeHint: '可随时在“我的 - 工作站授权”中关闭', station: '工作站', see: '查看授权', none: '没有要授权的工作站', noneHint: '请扫描工作站屏幕上的授权二维码',
  },
  authorisations: {
    title: '工作站授权', open: '进行中', ended: '已结束', countLeft: '次可用，共 {n} 次', until: '至 {at}', hours: '{h} 小时 {m} 分', minutes: '{m} 分钟', approved: '授权时间', used: '已签', endedAt: '结束时间', close: '立即关闭', closed: '授权已关闭', closeTitle: '关闭 {name} 的授权？', closeAsk: '关闭后这台工作站不能再以您的名义签名。', none: '没有工作站授权', noneHint: '扫描工作站屏幕上的授权二维码，即可在当班期间免手机签名', scan: '扫码授权',
    state: { active: '授权中', closed: '已关闭', expired: '已到期', exhausted: '次数已用完' }, by: { phone: '已由手机关闭', workstation: '已由工作站关闭', operator: '已由管理员关闭', key: '密钥或证书状态变化', proofs: '校验失败过多', other: '已关闭' },
  },
  history: {
    title: '签署记录', today: '今天', yesterday: '昨天', withdrawn: '已撤回', none: '还没有签署记录', noneHint: '签署过的文书会列在这里', end: '没有更多了', one: '签名详情', isSigned: '签名已记录', isWithdrawn: '签名已被撤回', withdrawnHint: '业务系统撤回了这份文书的签名。签名仍可查询，但已标明作废。', signedAt: '签署时间', method: '签署方式', methods: { pin: '手机 PIN', fingerprint: '手机指纹', authorisation: '工作站（授权签名）' },
    recordType: '文书类型', serial: '证书序列号', task: '任务号', notFound: '没有找到这条记录', login: '登录确认',
  },
}
