// What is said where an act waits for another person.
import { ElNotification } from 'element-plus'
import type { Pending } from '../api'
import { lookForApprovals } from '../approvals'
import { t } from '../i18n'

export function told(_pending: Pending) {
  ElNotification({ type: 'info', title: t('shell.pending'), message: t('shell.pendingHint'), duration: 8000, customClass: 'told pending' })
  void lookForApprovals()
}
