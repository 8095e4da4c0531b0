export default {
  keys: {
    title: '设备与密钥', about: '全部人员登记的设备。挂失与吊销立即生效，不能撤销；冻结可以解除。', searchHint: '姓名、工号或设备名', anyState: '未销毁的', anyPlatform: '全部平台', anyUse: '使用时间不限', unused: '{n} 天未使用',
    platform: '平台', lastUsed: '最近使用', enrolled: '登记时间', keyId: '密钥编号', tries: 'PIN 还可试 {n} 次', revoke: '吊销', nothing: '没有符合条件的设备。', none: '还没有人登记设备。在用户页面发放激活码后，本人用手机登记。',
  },
}
