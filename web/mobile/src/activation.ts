/** Letters and digits in groups, as the operator handed it out, with what a Chinese keyboard makes of it; "" where it can be none. */
export function activationCode(typed: string): string {
  const text = typed.normalize('NFKC').toUpperCase().replace(/[\s\-–—_·]/g, '')
  return /^[A-Z0-9]{8,64}$/.test(text) ? text : ''
}
