export default {
  policy: {
    title: '安全策略', about: '医院在运行中决定的规则。更改须另一位同事批准，批准后立即生效，不需重新启动。', push: '推送服务', pushAbout: '有待签任务时唤醒医护人员手机的服务。', settings: '服务器配置', settingsAbout: '启动时读入的全部配置：当前值、含义，以及它取自哪里。此处只读。',
    certificates_per_person: '每人的证书', certificates: { many: '每台设备一张', single: '每人只有一张有效证书' }, certificatesAbout: '打开“只有一张”不会吊销任何证书：多出的在本人下一次签发或更新证书时被取代。可在用户页面对个别人另行规定。', concerns: '现在有 {people} 人持有多张，多出 {certificates} 张。',
    renewal_days: '到期前几天可更新', renewalAbout: '1 至 180 天。到期前这些天起，手机上可以自助更新证书，密钥不变。', fingerprint: '允许用指纹签名', fingerprintAbout: '允许时，手机可用指纹代替 PIN 签名和授权；关闭后一律输入 PIN，已设的指纹不再可用。', allowed: '允许', forbidden: '不允许', console_idle_minutes: '控制台无操作多少分钟退出', idleAbout: '1 至 240 分钟。无论如何，登录满 12 小时须重新登录。',
    singleTitle: '每人只留一张证书', singleText: '现有 {people} 人持有多张证书，多出 {certificates} 张。保存后不会立即吊销，但他们下一次签发或更新证书时，其余设备上的证书会被取代，须重新登记。', changedAt: '最近更改',
    kind: { text: '文字，{low} 至 {high} 字节', path: '路径，{low} 至 {high} 字节', number: '整数，{low} 至 {high}', size: '字节数，或带 KiB、MiB、GiB 的数，{low} 至 {high}', duration: '秒数，或带 s、m、h、d 的数，{low} 至 {high}', switch: 'true（是）或 false（否）' }, howTo: '怎样更改', howToFile: '编辑 {file}，每行一个“名称 = 值”，保存后重新启动 yiqiand。环境变量与命令行优先于文件。', howToNoFile: '现在没有使用配置文件。写一个文件并以 --config 指明，每行一个“名称 = 值”，然后重新启动 yiqiand。', which: { all: '全部', set: '已设定的', certificates: '证书与 CRL', time: '时间' }, find: '名称或含义', noSetting: '没有这样的配置。', name: '名称', value: '当前值', secret: '不显示', notSet: '未设', source: '取自', sources: { default: '默认', file: '文件', environment: '环境变量', command_line: '命令行' }, meaning: '含义', default: '默认',
  },
}
