// What stands on a slip of paper with an activation code.
import { Problem, type Schemas } from '../../api'

export interface Slip { user: string; name: string; staff_no: string; departments: string[]; wanted: boolean; state: '' | 'made' | 'device' | 'operator' | 'error'; problem: string; code: string; until: string; qr: string }

/** The app's page for a code, with the staff number filled in. The code itself stands in no address: it is typed. */
export const enrolAddress = (server: string, staffNo: string): string => `${server.replace(/\/$/, '')}/app/#/enrol?by=code&staff_no=${encodeURIComponent(staffNo)}`

/** As they are handed out: department by department. */
export const inOrder = (a: Pick<Slip, 'departments' | 'staff_no'>, b: Pick<Slip, 'departments' | 'staff_no'>): number =>
  (a.departments[0] ?? '').localeCompare(b.departments[0] ?? '', 'zh-CN') || a.staff_no.localeCompare(b.staff_no, 'en', { numeric: true })

/** Whoever has a phone that signs, or can be made to sign again, needs no code. */
export const hasDevice = (key: Pick<Schemas['UserKey'], 'state'>): boolean => ['active', 'locked', 'frozen'].includes(key.state)

/** He is an operator: a phone of his logs in to this console, so he alone asks for its code, shortly after he logged in. */
export const isOperators = (error: unknown): boolean => error instanceof Problem && error.status === 403 && (error.code === 'login_too_old' || /\ban operator\b/.test(error.detail))

/** What the next person would meet as well. */
export const isOver = (error: unknown): boolean => error instanceof Problem && !isOperators(error) && (error.status === 0 || error.status === 401 || error.status === 403 || error.status === 429 || error.status >= 500)
