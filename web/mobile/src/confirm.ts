// Are you sure? Asked in one way everywhere. The back button is a no, and so is that another person comes.
import { closeDialog, showConfirmDialog } from 'vant'
import { t } from './i18n'
import { layOver } from './over'

export interface Question { title: string; message: string; yes: string; no?: string; grave?: boolean; left?: boolean }
let refuse: (() => void) | null = null

export function confirmed({ title, message, yes, no = t('common.cancel'), grave = false, left = false }: Question): Promise<boolean> {
  return new Promise(resolve => {
    const end = (sure: boolean) => { away(); refuse = null; resolve(sure) }
    const away = layOver(refuse = () => { closeDialog(); end(false) })
    showConfirmDialog({
      title, message, confirmButtonText: yes, cancelButtonText: no, closeOnPopstate: false, ...(grave ? { confirmButtonColor: 'var(--bad)' } : {}), ...(left ? { messageAlign: 'left' as const } : {}),
    }).then(() => end(true), () => end(false))
  })
}
/** What is being asked is nobody's to answer any more. */
export function refuseQuestion() { refuse?.() }
