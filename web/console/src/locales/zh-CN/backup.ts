export default {
  backups: {
    title: '备份与恢复', about: '全部配置或全部数据写入一个加密文件。口令与文件合在一起即是全院的密钥，请分开保管。', make: '立即备份', schedule: '定期备份', none: '没有定期备份。', directory: '存放于',
    every: { daily: '每日 {at} 备份{scope}，保留 {keep} 份。', weekly: '每{day} {at} 备份{scope}，保留 {keep} 份。' }, word: { off: '不做', daily: '每日', weekly: '每周' },
    weekday: { 1: '星期一', 2: '星期二', 3: '星期三', 4: '星期四', 5: '星期五', 6: '星期六', 7: '星期日' },
    made: '制作时间', scopeOf: '范围', scope: { all: '全部数据', configuration: '仅配置' }, cause: { manual: '手动', scheduled: '定期' }, size: '大小', state: '状态', missing: '文件缺失', verifying: '正在校验…', verify: '校验', download: '下载', restore: '恢复', remove: '删除备份',
    removeText: '{file} 将被删除，不能恢复。须由另一位管理员批准。', empty: '还没有备份', more: '更早的备份', when: '何时', day: '星期', at: '时刻（医院所在时区）', keep: '保留份数', passphrase: '备份口令', again: '再输入一次', short: '至少 12 个字符', differs: '两次输入不一致',
    passphraseAbout: '请写下口令并封存：遗失后任何人都打不开备份。', passphraseKept: '已设有口令，留空即沿用。更换口令不影响已有的备份，它们仍用当时的口令打开。',
    restoreAbout: '恢复在服务器上执行，不在控制台中进行：把备份文件放到目标机器，停止服务，以运行服务的用户执行：', restoreEmpty: '数据目录为空时', restoreReplace: '目录非空时加 --replace：原有数据移入 before-restore，确认无误后再删除。',
    restoreAfter: '备份之后的挂失、吊销、停用与密钥刷新都会不在，须逐项重做；所有会话与授权都会结束。',
    finding: { ok: '校验完好', backup_damaged: '已损坏', backup_shortened: '不完整（被截断）', backup_content: '无法从中恢复：见服务器日志', passphrase_wrong: '口令不是制作时的口令', backup_not_found: '文件不在', backup_interrupted: '被中断', backup_dir_unusable: '备份目录不可用（backup_dir）', disk_full: '磁盘空间不足', passphrase_missing: '没有口令', io_failed: '读写失败' },
  },
}
