export default {
  shell: {
    product: '医签管理控制台', skip: '跳到页面内容', toList: '返回列表', serverUser: '本机用户 uid {uid}', missed: '已生成，但没有显示', repeated: '此操作先前已完成，只是当时没有收到应答。现在得到的是当时的结果，没有重复执行。', menu: '菜单', wide: '展开菜单', narrow: '收起菜单', sandbox: '沙箱，仅供联调', account: '我的账户', logout: '退出登录',
    again: '重试', cancel: '取消', save: '保存', close: '关闭', add: '新增', edit: '编辑', remove: '删除', search: '搜索', refresh: '刷新', back: '返回', next: '下一步', details: '详情', yes: '是', no: '否', pair: '{name}：{value}', comma: '、', semicolon: '；', none: '无', all: '全部',
    reason: '原因（记入审计日志）', typeIt: '请输入“{text}”以确认', copy: '复制', copied: '已复制', shownOnce: '只显示这一次，请立即保存。', download: '导出', loadingN: '已取 {n} 条…',
    shown: '共 {n} 条', shownOfMore: '已显示 {n} 条', more: '显示更多', required: '必填', loginAgain: '重新登录', clockFast: '这台电脑的时钟快 {n} 分钟：请校准。默认的时间范围以服务器时间为准。', clockSlow: '这台电脑的时钟慢 {n} 分钟：请校准。默认的时间范围以服务器时间为准。', savedIt: '我已保存', saved: '已保存', nowhere: '没有这个页面', nowhereHint: '地址可能有误，或页面已改名。', toHome: '回到首页',
    forbidden: '您的角色无权打开此页', forbiddenHint: '需要时请联系系统管理员调整角色。', idle: '即将自动退出', idleText: '长时间无操作，{n} 秒后自动退出登录。', stay: '继续使用', approvalsN: '审批，{n} 项待我处理', pending: '已提交，等待另一位同事批准', pendingHint: '批准后自动执行，可在“审批”中查看。',
  },
  menu: { home: '首页', people: '人员与设备', certificates: '证书', systems: '业务系统', records: '签名记录', timestamps: '时间戳', system: '系统', access: '权限与审批' },
  role: { administrator: '系统管理员', operator: '业务操作员', auditor: '审计员' },
  state: {
    active: '正常', ok: '正常', passed: '通过', delivered: '已送达', finished: '已完成', signed: '已签名', approved: '已批准', valid: '有效', enabled: '启用', on: '启用', off: '停用', done: '完成',
    pending: '待处理', waiting: '等待中', running: '进行中', queued: '排队中', open: '进行中', new: '新', suspended: '已停用', frozen: '已冻结', stopped: '已停止', expiring: '即将到期', warning: '提醒', retrying: '重试中', locked: '已锁定',
    revoked: '已吊销', failed: '失败', rejected: '已拒绝', lost: '已挂失', error: '错误', expired: '已过期', retired: '已退役', withdrawn: '已撤回', cancelled: '已取消', closed: '已关闭', destroyed: '已销毁', enrolling: '登记中', declined: '已拒签', superseded: '已被替换',
  },
  conflict: {
    title: '内容已被他人修改', who: '您打开之后，{who} 在 {at} 改过它；您的修改还没有保存。', somebody: '您打开之后，另一位同事改过它；您的修改还没有保存。', both: '有的项你们都改了：写入会以您的内容覆盖他的。', apart: '你们改的项互不相同：写入会同时保留双方的修改。',
    field: '项目', was: '您打开时', theirs: '他改为', mine: '您改为', untouched: '未改', editOn: '继续编辑', take: '采用他的，放弃我的', write: '写入我的修改', writeOver: '以我的为准写入',
  },
  fail: {
    unexpected: { title: '页面出错', hint: '请刷新页面再试；若仍如此，请把操作步骤告诉信息科。' },
    unreachable: { title: '连不上服务器', hint: '请检查网络；恢复后自动重连，未保存的内容仍在页面上。' },
    unanswered: { title: '连不上服务器，不能确定是否已经执行', hint: '恢复后请先刷新、核对结果，再决定是否重做；未保存的内容仍在页面上。' },
    bad_answer: { title: '服务器的应答无法识别', hint: '可能有代理服务器改动了应答，请联系信息科。' },
    login_too_old: { title: '请重新登录', hint: '此操作须在登录后 15 分钟内进行，您登录已超过 15 分钟。重新登录后回到此页，再做一次。' },
    changed_meanwhile: { title: '内容已被他人修改', hint: '您打开之后，另一位同事改过它。请刷新后再改，以免覆盖他的修改。' },
  },
}
