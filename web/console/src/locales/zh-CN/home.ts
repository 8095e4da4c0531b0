export default {
  home: {
    title: '首页', welcome: '您好，{name}', about: '服务器是否正常，一眼可见。', server: '服务器', clock: '时钟', state: '状态', version: '版本', address: '对外地址', time: '服务器时间', notWell: '服务器暂不能签名或写入。', disk_low: '磁盘空间不足', audit_damaged: '审计日志核验不通过',
    now: { title: '此刻', find: '找人：姓名、工号', approvals: '待我审批', alarms: '未恢复的告警', backup: '最近备份', expiring: '30 天内到期', audit: '审计日志', items: '{n} 项', certificates: '{n} 张证书', never: '还没有备份', notVerified: '尚未核验', intact: '完整，核验于 {at}', broken: '核验不通过（{at}）' },
    guide: {
      title: '第一个下午', so: '已完成 {done} / {all}', away: '不再显示', done: '已完成', open: '未完成',
      step: { second: '添加第二位系统管理员', people: '导入科室与人员', seals: '导入签章图片', system: '接入第一个业务系统', clock: '设定时间源与时间戳单元', alarms: '建立告警通知', backup: '安排定期备份' },
      about: {
        second: '重要操作须由另一位管理员批准。再添加一位业务操作员（办理用户、签章、业务系统）与一位审计员（看审计日志）。', people: '从人事部门的 Excel 表格批量导入，科室自动汇总。', seals: '打包成 ZIP，按工号命名；没有图片的按姓名生成。', system: '登记 HIS、EMR 等系统，得到凭证和可运行的示例。',
        clock: '核对过的时间才能签发正式时间戳。', alarms: '出问题时经邮件或 Webhook 通知您。', backup: '加密成一个文件，在另一台机器上可恢复。',
      },
    },
  },
}
