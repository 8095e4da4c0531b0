// Who did something, as a row of the log or a record names him where it knows no person.
import { t } from '../i18n'

/** "nobody", "server" and the server's own users at its socket in words; anything else as it is. */
export function actorName(actor: string | null | undefined): string {
  const uid = /^operator:uid:(\d+)$/.exec(actor ?? '')?.[1]
  return uid ? t('shell.serverUser', { uid }) : actor === 'nobody' ? t('system.nobody') : actor === 'server' ? t('system.server') : actor ?? ''
}
