/* What the SDK takes and gives. Every call and type follows sdk/c/include/yiqian/device.h and workstation.h, where each says more:
 * the library inside is that one. Times are RFC 3339 in UTC as the server sent them; "" stands for none. */

/** As yq_status, without its prefix and in lower case; in_use: another page of this origin has this storage open. */
export type Status =
  | 'invalid_argument' | 'out_of_memory' | 'reentered' | 'closed' | 'not_found' | 'wrong_state' | 'limit_reached' | 'weak_pin' | 'declined'
  | 'entropy_failed' | 'storage_failed' | 'credential_failed' | 'clock_failed' | 'transport_failed' | 'transport_insecure' | 'bad_answer'
  | 'answer_rejected' | 'refused' | 'pin_wrong' | 'key_locked' | 'document_changed' | 'content_unseen' | 'form_refused' | 'not_attempted'
  | 'code_invalid' | 'code_expired' | 'out_of_scope' | 'not_active' | 'fingerprint_off' | 'fingerprint_failed' | 'cancelled' | 'in_use'

/** What the server said when it refused (RFC 9457). Its texts are texts: never put them into a page as markup. */
export interface Problem {
  httpStatus: number
  code: string
  title: string
  titleEn: string
  hint: string
  hintEn: string
  detail: string
  field: string
  /** Of the PIN or the activation code; null: does not apply. */
  triesLeft: number | null
  /** Seconds. */
  retryAfter: number | null
}

/** What every call throws. */
export declare class YiqianError extends Error {
  readonly status: Status
  readonly problem: Problem | null
  /** Of a call that signs several: why each was not. */
  readonly results: SignResult[] | null
}

/** ASCII digits. The SDK takes the buffer away (it is transferred) and wipes it: fill another for another call. */
export type Pin = Uint8Array

/** How the person shows that it is he: the PIN, or the fingerprint where key.fingerprint says that it is on. */
export type Proof = { pin: Pin } | { fingerprint: true }

export type KeyStage = 'opening' | 'unfinished' | 'enrolled' | 'damaged'

export interface Key {
  key: string
  keyId: string
  stage: KeyStage
  server: string
  staffNo: string
  name: string
  organisation: string
  state: '' | 'active' | 'locked' | 'frozen' | 'destroyed'
  triesLeft: number | null
  serial: string
  certificateState: string
  notBefore: string
  notAfter: string
  renewalDue: boolean
  replaces: string
  pinChanging: boolean
  /** Is on: the proof may be { fingerprint: true }. */
  fingerprint: boolean
  /** The hospital's policy, by the server's word when last asked. */
  fingerprintAllowed: boolean
}

export interface Person {
  staffNo: string
  name: string
  organisation: string
  /** Names of the other devices that end with the new certificate. */
  supersedes: string[]
}

export interface Enrolment {
  /** null: the one of setServer. */
  server?: string
  staffNo: string
  activationCode: string
  deviceName: string
  pin: Pin
  confirm?: (person: Person) => Promise<boolean>
}

export interface Offer {
  server: string
  staffNo: string
  /** Masked but for its first character. */
  name: string
  organisation: string
  activationCode: string
  expiresAt: string
}

export interface Renewal {
  pin: Pin
  confirm?: (person: Person) => Promise<boolean>
}

export interface Task {
  task: string
  batch: string
  form: 'raw' | 'digest' | 'cms' | 'other'
  kind: 'document' | 'login' | 'other'
  priority: 'normal' | 'high' | 'urgent'
  fields: { label: string; value: string }[]
  /** SM3 of the document, hex. */
  digest: string
  hasDocument: boolean
  documentSize: number
  title: string
  description: string
  recordType: string
  reference: string
  mediaType: string
  system: string
  createdAt: string
  expiresAt: string
}

export interface TaskList {
  tasks: Task[]
  /** Cursor of the next batch; "": this was the last. */
  next: string
}

export interface SignItem {
  task: Task
  document?: Uint8Array
  allowUnseen?: boolean
}

export interface SignResult {
  status: 'ok' | Status
  seen: boolean
  /** r || s, hex; "" where it was not signed. */
  rs: string
  signedAt: string
}

export interface Signed {
  results: SignResult[]
  /** Wrong PINs since the last success. */
  failuresBefore: number
  /** The shares are due for a refresh, which takes the PIN: ask for it instead of the fingerprint the next time. */
  pinDue: boolean
}

export interface QrCode {
  kind: 'login' | 'sign' | 'enrol' | 'workstation' | 'server'
  id: string
  workstation: string
  url: string
}

export interface Scanned {
  scan: string
  kind: 'login' | 'sign'
  numberWanted: boolean
  system: string
  purpose: string
  expiresAt: string
  tasks: Task[]
}

export interface OtherKey {
  keyId: string
  state: string
  deviceName: string
  platform: string
  createdAt: string
}

export interface Scope {
  /** Empty: any. */
  systems: string[]
  recordTypes: string[]
  /** Unix seconds. */
  until: number
  count: number
}

export interface WorkstationOffer {
  workstation: string
  name: string
  place: string
  /** null: the person decides. */
  scope: Scope | null
  authorisation: string
}

export interface Consent extends Scope {
  proof: Proof
}

export interface Authorisation {
  authorisation: string
  state: 'active' | 'closed' | 'expired' | 'exhausted'
  workstationName: string
  workstationPlace: string
  scope: Scope
  countLeft: number
  approvedAt: string
  expiresAt: string
  closedAt: string
  closedBy: string
}

/** A signature that the person made, on whichever device. */
export interface HistoryEntry {
  task: string
  kind: 'document' | 'login' | 'other'
  title: string
  description: string
  recordType: string
  reference: string
  system: string
  method: 'pin' | 'fingerprint' | 'authorisation'
  workstation: string
  serial: string
  signedAt: string
  withdrawnAt: string
}

export interface Fingerprint {
  available: boolean
  /** Why not: '' where it is; 'insecure' (no secure context, or an address instead of a name), 'missing' (no authenticator with PRF),
   * 'shared' (keys of several persons on this device), 'forbidden' (the hospital's policy). */
  reason: '' | 'insecure' | 'missing' | 'shared' | 'forbidden'
}

/** Where the platform has its own fingerprint (the app's shells): in place of WebAuthn. Bytes, as the C header's yq_fingerprint. */
export interface FingerprintPlatform {
  available(): Promise<Fingerprint>
  wrap(name: string, secret: Uint8Array): Promise<void>
  /** Throws YiqianError cancelled, fingerprint_off (invalidated) or fingerprint_failed. */
  unwrap(name: string, prompt: string): Promise<Uint8Array>
  erase(name: string): Promise<void>
}

export interface DeviceOptions {
  /** 1..32 characters, told to the server. */
  platform?: string
  pinIterations?: number
  documentMax?: number
  /** Name of the database; another one is another device. */
  storage?: string
  /** Takes the storage from the page that has it, whose Device then ends with 'closed'. */
  takeOver?: boolean
  fingerprint?: FingerprintPlatform
  /** Told once when this Device was closed by another page (takeOver) or its Worker died. */
  onClosed?: () => void
}

export interface Device {
  setServer(url: string): Promise<void>
  /** "" for none. */
  server(): Promise<string>
  setKeyServer(key: string, url: string): Promise<void>

  keys(): Promise<Key[]>
  sync(key: string): Promise<Key>
  syncAll(): Promise<void>
  /** DER of the certificate (0), of its issuing CA (1) or of the root (2). */
  certificate(key: string, place: 0 | 1 | 2): Promise<Uint8Array>
  remove(key: string, localOnly?: boolean): Promise<void>

  /** Throws weak_pin; for a PIN field that answers at once. Copies the PIN, and wipes the copy. */
  checkPin(pin: Pin): Promise<void>
  enrol(enrolment: Enrolment): Promise<Key>
  resumeEnrolment(key: string, pin: Pin): Promise<Key>
  changePin(key: string, pin: Pin, newPin: Pin): Promise<void>
  refresh(key: string, pin: Pin): Promise<void>
  renew(key: string, renewal: Renewal): Promise<Key>
  rekey(key: string, renewal: Renewal): Promise<Key>

  fingerprint(): Promise<Fingerprint>
  /** Must be called from a click: the browser asks for the fingerprint. */
  enableFingerprint(key: string, pin: Pin): Promise<void>
  disableFingerprint(key: string): Promise<void>

  pull(key: string, after?: string, limit?: number): Promise<TaskList>
  document(key: string, task: Task): Promise<{ content: Uint8Array; digest: string }>
  decline(key: string, task: string, reason: string): Promise<void>
  /** Calls back at once and whenever the tasks of the key are others, until the signal aborts. Failures that pass (offline) are told and the
   * waiting goes on; it ends by throwing where the key can sign no more. */
  watch(key: string, changed: () => void, options: { signal: AbortSignal; offline?: (error: YiqianError | null) => void }): Promise<void>
  sign(key: string, items: SignItem[], proof: Proof): Promise<Signed>

  scan(key: string, code: string): Promise<Scanned>
  scanShortCode(key: string, digits: string): Promise<Scanned>
  scanNumber(key: string, scanned: Scanned, number: string): Promise<Scanned>
  declineScan(key: string, scanned: Scanned, reason?: string): Promise<void>
  signLogin(key: string, scanned: Scanned, proof: Proof): Promise<Signed>
  scanEnrolment(code: string, server?: string): Promise<Offer>

  otherKeys(key: string): Promise<OtherKey[]>
  reportLost(key: string, lostKeyId: string): Promise<void>

  /** confirm gives what the person allows, with the proof; null: declined. Gives the authorisation's id. */
  authorise(key: string, code: string, confirm: (offer: WorkstationOffer) => Promise<Consent | null>): Promise<string>
  authorisations(key: string): Promise<Authorisation[]>
  closeAuthorisation(key: string, authorisation: string): Promise<void>

  /** Newest first. */
  history(key: string, before?: string, limit?: number): Promise<{ entries: HistoryEntry[]; next: string }>

  /** Wipes what is in memory; what is stored stays. Every call under way ends with 'closed'. */
  close(): Promise<void>
}

export interface WorkstationInfo {
  workstation: string
  name: string
  place: string
  server: string
}

export interface AuthorisationStatus {
  authorisation: string
  state: 'offered' | 'active' | 'closed' | 'expired' | 'exhausted'
  /** Unix seconds by the server's clock. */
  codeExpires: number
  staffNo: string
  name: string
  scope: Scope
  countLeft: number
  closedBy: string
}

/** One authorisation of a workstation: its one-time key and the share it was sent are in the Worker's memory only. */
export interface WorkstationAuthorisation {
  /** The text of the QR code to show. */
  readonly code: string
  look(): Promise<AuthorisationStatus>
  wait(seconds: number): Promise<AuthorisationStatus>
  pull(after?: string, limit?: number): Promise<TaskList>
  document(task: Task): Promise<{ content: Uint8Array; digest: string }>
  sign(items: SignItem[]): Promise<SignResult[]>
  close(): Promise<void>
  free(): Promise<void>
}

export interface Workstation {
  /** null: not registered. */
  describe(): Promise<WorkstationInfo | null>
  register(server: string, name: string, code: string): Promise<void>
  forget(): Promise<void>
  offer(wish?: Scope): Promise<WorkstationAuthorisation>
  closeAuthorisation(id: string): Promise<void>
  close(): Promise<void>
}

export declare function openDevice(options?: DeviceOptions): Promise<Device>
export declare function openWorkstation(options?: Omit<DeviceOptions, 'fingerprint' | 'pinIterations'>): Promise<Workstation>
/** Throws code_invalid where it is no code of ours. */
export declare function readQr(text: string): Promise<QrCode>
