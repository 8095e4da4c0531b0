export default {
  certificates: {
    title: '证书', about: '个人签名证书：查找、查看内容、冻结与吊销。', one: '证书', expiring: '即将到期', expiringAbout: '有效证书按到期时间排列。本人可在手机上更新证书；过期后须重新登记。', statistics: '证书统计', statisticsAbout: '按状态、模板与月份统计（北京时间）。',
    q: '工号、姓名或序列号开头', anyState: '全部状态', anyProfile: '全部模板', nothing: '没有符合条件的证书', noneExpiring: '{n} 天内没有到期的证书', within: '{n} 天内到期',
    person: '持有人', staffNo: '工号', state: '状态', profile: '证书模板', issued: '签发时间', until: '有效期至', daysLeft: '剩余天数', serial: '序列号', revokedAt: '吊销时间', frozenAt: '冻结时间', key: '密钥', content: '证书内容', of: '工号 {staff_no}', chain: '证书链',
    subject: '主体', issuer: '颁发者', period: '有效期', algorithms: '算法', publicKey: '公钥', fingerprint: 'SM3 指纹', size: '大小', bytes: '{n} 字节', extensions: '扩展', critical: '关键',
    byState: '按状态', byProfile: '有效证书的模板', now: '目前', people: '持证人数', month: '月份', issuedBy: '每月签发', expiringBy: '每月到期（有效证书）',
    revoke: '吊销证书', revokeText: '吊销 {name} 的证书后不可恢复：其密钥分片随即销毁，签名立即停止，吊销列表随即更新。此前的签名仍然有效。', revokedDone: '证书已吊销', reason: '原因',
    freeze: '冻结', freezeText: '冻结 {name} 的密钥与证书：立即不能签名，可以再解冻。', frozenDone: '已冻结', unfreeze: '解冻', unfreezeText: '解冻后 {name} 可以继续用此证书签名。', unfrozenDone: '已解冻',
    reasons: { unspecified: '未说明', keyCompromise: '密钥可能泄露', affiliationChanged: '人员变动', superseded: '已被替换', cessationOfOperation: '不再使用', certificateHold: '冻结' },
    keyStates: { enrolling: '登记中', active: '正常', locked: '已锁定', frozen: '已冻结', destroyed: '已销毁' },
  },
  profiles: {
    title: '证书模板', about: '个人证书中写什么：有效期、密钥用途、主体与自定义扩展。更改产生新版本，只用于此后签发与更新的证书。', new: '新建模板', editing: '更改模板 {name}', editAbout: '右侧实时预览将要签发的证书；保存须另一位同事批准。', oneAbout: '各版本都保留，可以比较。',
    name: '名称', id: '标识', idHint: '小写字母、数字、- 与 _', note: '更改说明', state: '状态', states: { active: '可用', retired: '已停用' }, inUse: '正在使用', version: '版本', certificates: '有效证书', changed: '更改时间', versions: '版本', issuedBy: '签发 {n} 张', differences: '版本比较', from: '比较的版本', to: '与之比较的版本', nothing: '（空）', same: '没有差别',
    use: '启用此模板', useText: '启用后，个人证书按模板“{name}”签发与更新。已有证书不变。', retire: '停用', retireText: '停用模板“{name}”后不可恢复，不能再更改或启用。由它签发的证书仍然有效。',
    days: '有效期（天）', daysHint: '按服务器设置', usage: '密钥用途', purposes: '扩展密钥用途', purposesHint: '选择，或输入 OID', critical: '关键', subject: '主体', placeholders: '可用的占位符：', attribute: '属性', value: '值', values: '元素，每行一个', derValue: 'DER（Base64）', hexValue: '值（十六进制）', refuse: '缺少时拒绝签发', up: '上移', down: '下移', addPart: '添加一项',
    extensions: '自定义扩展', extensionsAbout: '值可含占位符；用户缺少该属性时省略此扩展，或拒绝签发。', oid: 'OID', type: '类型', tag: '显式标签 [n]', addExtension: '添加扩展', examples: '示例：',
    presets: { identity: '身份证号（GM/T 0015）', insurance: '社会保险号', organisation: '统一社会信用代码', licence: '执业证书编号（自有 OID）' },
    preview: '预览', previewAbout: '密钥是临时的，也没有 CA 签名：预览不会成为证书。', sample: '示例人员', person: '为谁预览', leftOutItem: '{item} 省略：此人没有“{missing}”。', lackedBy: '“{name}”：{all} 名在用人员中 {n} 名没有此属性。', lackedByAll: '“{name}”：在用人员都没有此属性，请核对名称。', existing: '人员已有的属性：',
    warnings: { critical_extension: '关键的自定义扩展：不认识它的软件会拒绝整张证书，本系统的验证也是如此。除非各方都已约定，请不要设为关键。', critical_purposes: '关键的扩展密钥用途：许多软件会拒绝用途不符的证书，本系统的验证也是如此。' },
    leave: '放弃更改？', leaveText: '您的更改尚未保存。', leaveAct: '放弃更改',
  },
  authority: {
    title: 'CA 与吊销列表', about: '本系统的根 CA 与签发 CA，以及当前的证书吊销列表（CRL）。', chain: '下载 CA 证书链', issue: '立即签发 CRL', issued: '已签发新的吊销列表', crls: '证书吊销列表', of: '颁发者', issuing: '签发 CA', root: '根 CA', number: '编号', thisUpdate: '签发时间', nextUpdate: '下次更新', entries: '条目', address: '地址', download: '下载',
  },
}
