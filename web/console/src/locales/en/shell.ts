export default {
  shell: {
    product: 'Yiqian console', skip: 'To the page', toList: 'Back to the list', serverUser: 'Local user, uid {uid}', missed: 'Made, but not shown', repeated: 'This was done before, when its answer was lost. What you get now was made then, and no second one.', menu: 'Menu', wide: 'Widen the menu', narrow: 'Narrow the menu', sandbox: 'Sandbox, for integration only', account: 'My account', logout: 'Log out',
    again: 'Try again', cancel: 'Cancel', save: 'Save', close: 'Close', add: 'Add', edit: 'Edit', remove: 'Delete', search: 'Search', refresh: 'Refresh', back: 'Back', next: 'Next', details: 'Details', yes: 'Yes', no: 'No', pair: '{name}: {value}', comma: ', ', semicolon: '; ', none: 'None', all: 'All',
    reason: 'Reason (goes into the audit log)', typeIt: 'Type "{text}" to confirm', copy: 'Copy', copied: 'Copied', shownOnce: 'Shown this once only: keep it now.', download: 'Export', loadingN: '{n} rows so far…',
    shown: '{n} in all', shownOfMore: '{n} shown', more: 'Show more', required: 'Required', loginAgain: 'Log in again', clockFast: 'The clock of this computer is {n} minutes fast: set it right. Ranges such as "today" go by the server\'s time.', clockSlow: 'The clock of this computer is {n} minutes slow: set it right. Ranges such as "today" go by the server\'s time.', savedIt: 'I have saved it', saved: 'Saved', nowhere: 'There is no such page', nowhereHint: 'The address may be wrong, or the page has another name now.', toHome: 'To the home page',
    forbidden: 'Your role may not open this page', forbiddenHint: 'If you need it, ask an administrator to change your role.', idle: 'You are about to be logged out', idleText: 'Nobody did anything for a while: you are logged out in {n} seconds.', stay: 'Stay', approvalsN: 'Approvals, {n} for me to decide', pending: 'Handed in: another person has to approve it', pendingHint: 'It runs as soon as it is approved; see Approvals.',
  },
  menu: { home: 'Home', people: 'People and devices', certificates: 'Certificates', systems: 'Business systems', records: 'Signature records', timestamps: 'Timestamps', system: 'System', access: 'Access' },
  role: { administrator: 'Administrator', operator: 'Operator', auditor: 'Auditor' },
  state: {
    active: 'Active', ok: 'OK', passed: 'Passed', delivered: 'Delivered', finished: 'Finished', signed: 'Signed', approved: 'Approved', valid: 'Valid', enabled: 'On', on: 'On', off: 'Off', done: 'Done',
    pending: 'Pending', waiting: 'Waiting', running: 'Running', queued: 'Queued', open: 'Open', new: 'New', suspended: 'Suspended', frozen: 'Frozen', stopped: 'Stopped', expiring: 'Expiring', warning: 'Warning', retrying: 'Retrying', locked: 'Locked',
    revoked: 'Revoked', failed: 'Failed', rejected: 'Rejected', lost: 'Lost', error: 'Error', expired: 'Expired', retired: 'Retired', withdrawn: 'Withdrawn', cancelled: 'Cancelled', closed: 'Closed', destroyed: 'Destroyed', enrolling: 'Enrolling', declined: 'Declined', superseded: 'Superseded',
  },
  conflict: {
    title: 'Somebody else has changed this', who: '{who} changed it at {at}, after you opened it. Your changes are not saved yet.', somebody: 'Somebody else changed it after you opened it. Your changes are not saved yet.', both: 'Both of you changed some of it: writing yours takes the place of theirs there.', apart: 'You changed different things: writing yours keeps both.',
    field: 'What', was: 'When you opened it', theirs: 'Theirs', mine: 'Yours', untouched: 'as it was', editOn: 'Go on editing', take: 'Take theirs, drop mine', write: 'Write mine too', writeOver: 'Write mine over it',
  },
  fail: {
    unexpected: { title: 'Something is wrong with this page', hint: 'Reload the page and try again; if it stays so, tell your IT department what you did.' },
    unreachable: { title: 'The server cannot be reached', hint: 'Check the network. It connects again by itself; what you have not saved stays on the page.' },
    unanswered: { title: 'The server cannot be reached: it may have been done, or not', hint: 'When it is back, reload and look before you try again; what you have not saved stays on the page.' },
    bad_answer: { title: 'The server gave an answer that makes no sense', hint: 'A proxy may have changed it: tell your IT department.' },
    login_too_old: { title: 'Log in again first', hint: 'This is done within 15 minutes of a login, and yours is older. Log in again; this page comes back, and do it once more.' },
    changed_meanwhile: { title: 'Somebody else has changed this', hint: 'Another person changed it after you opened it. Reload it and make your change again, so that theirs is kept.' },
  },
}
