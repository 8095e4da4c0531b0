export default {
  home: {
    title: '首页', welcome: '您好，{name}', about: '服务器是否正常，一眼可见。', server: '服务器', clock: '时钟', state: '状态', version: '版本', address: '对外地址', time: '服务器时间', notWell: '服务器暂不能签名或写入。', disk_low: '磁盘空间不足',
  },
}
