// Chromium as every test starts it: without a window, and painting on the processor alone, which costs half of what its emulated graphics card does.
const withoutWindow = '/usr/bin/chromium-headless-shell'

/** What playwright's launch() takes. CHROMIUM names another browser. */
export const browserOptions = (...args) => ({ executablePath: process.env.CHROMIUM ?? withoutWindow, args: ['--no-sandbox', '--disable-gpu', ...args] })
