export default {
  when: { now: 'just now', minutes: '{n} min ago', today: 'today {clock}', yesterday: 'yesterday {clock}', year: '{date} {clock}', date: '{year}-{date}', none: '' },
  camera: {
    starting: 'Opening the camera…', reading: 'Reading the picture…', album: 'Album', torch: 'Torch', again: 'Try again', open: 'Open camera', noCode: 'No QR code in this picture: choose a sharper one', noPicture: 'This picture cannot be opened',
    denied: { title: 'No permission for the camera', hint: 'Allow Yiqian to use the camera in the settings of the phone or the browser, then try again. Or choose a picture of the code, or enter the eight digits.' },
    missing: { title: 'No camera', hint: 'Choose a picture of the code from the album, or enter the eight digits on the screen.' },
    busy: { title: 'The camera is in use', hint: 'Close the other app that uses the camera, then try again.' },
    insecure: { title: 'No camera on this connection', hint: 'The camera needs an address with https://. Choose a picture of the code, or enter the eight digits.' },
  },
  document: {
    title: 'Document', pages: '{n} pages', page: 'Page {n} of {all}', image: 'Picture of the document', wide: 'Full screen', close: 'Close', smaller: 'Smaller', larger: 'Larger', fit: 'Fit to width', more: 'Show what follows', laidOut: 'Easy to read', textOnly: 'The text alone, without layout and pictures', asIs: 'As it is', loading: 'Fetching the document ({size})…',
    matches: 'The document is unchanged', matchesHint: 'SM3 computed on this phone: the same as the task’s', notShown: 'This kind of file cannot be shown here', failed: 'The file cannot be shown', notShownHint: 'Its digest matches. Read the content in the business system before you sign.', type: 'Type', size: 'Size',
  },
  tasks: {
    title: 'To sign', waiting: 'to sign', urgentCount: '{n} urgent', priority: { urgent: 'Urgent', high: 'High', normal: 'Normal' }, group: { urgent: 'Urgent', high: 'High priority', normal: 'Documents' }, before: 'before {at}', opened: 'Opened', read: 'Read', alone: 'Its content is not here: to be signed by itself',
    find: 'Patient, document, system', notFound: 'Nothing matches', more: 'The first {n} are shown; the others follow when these are done', pull: 'Pull to refresh', loose: 'Release to refresh', loading: 'Refreshing…', asOf: 'list of', again: 'Try again', cancel: 'Cancel',
    empty: 'Nothing to sign', emptyHint: 'New documents appear here by themselves', scan: 'Scan', choose: 'Sign several', all: 'All', review: 'Review {n}',
  },
  task: {
    title: 'Document to sign', reference: 'Reference', until: 'Until', sign: 'Sign', decline: 'Decline', back: 'Back', proof: 'Sign document', unseen: 'The content is not on this phone', unseenHint: 'The business system sent the digest only. Check the content there first.', unseenAsk: 'You are about to sign a document that this phone cannot show. Have you read it in the business system, and do you agree to it?', signUnseen: 'Checked: sign',
    changed: 'Document and digest differ: not to be signed', changedHint: 'What came is not what is to be signed; the server was told. Decline it, or ask the sender to send it again.', unknownForm: 'This version of the app cannot sign this kind of task: update the app.', gone: 'No longer to be signed', goneHint: 'It was taken back, has expired, or was signed on another device.', notRead: 'Not yet read to the end', wasRead: 'Read to the end',
    next: 'Next ({n} left)', again: 'Back to sign again', finish: 'Done', toList: 'Back to the list',
  },
  decline: { title: 'Decline', why: 'Reason', reasons: ['The content needs correction', 'Wrong patient data', 'Not mine', 'Later'], changed: 'Document and digest differ', own: 'In your own words', placeholder: 'Optional; the business system is told', tooLong: 'At most {n} characters', back: 'Back', send: 'Decline', done: 'Declined', told: 'The reason was sent to {system}' },
  batch: { title: 'Review and sign', hint: 'Touch a document to read it; what is not ticked is not signed; to decline one, touch what is right of it. One proof signs all.', alone: 'Decline', aloneOf: 'Look at alone, or decline: {title}', notOpened: 'Not opened', opening: 'Opening…', openedOf: '{n} of {all} opened', sign: 'Sign {n}', signAll: 'Sign {n}', proof: 'Documents to sign: {n}', unreadTitle: '{n} not opened', unreadAsk: 'They are signed, too. The digest of each is still checked on this phone.', rest: 'Without the failed one: sign {n}' },
  result: {
    title: 'Result', signed: 'Signed', signedMany: 'All {n} are signed', some: '{n} of {all} are signed', notSigned: 'Not signed', unknown: 'Finding out whether it is signed', unknownHint: 'The connection broke while signing; the server is being asked. Do not sign again.', offlineHint: 'The server cannot be reached. It is asked as soon as it can be; you may leave this page and look under Signed later.', lostHint: 'The connection broke before the signature was complete. You can sign again.', ask: 'Ask now', stuck: 'Not known whether it is signed', stuckHint: '{why}, and cannot be asked any more.\nSee in the business system whether it is signed.', failuresBefore: 'Wrong PINs since the last success: {n}. If that was not you, change your PIN and tell the operator.',
    state: { failed: 'Not signed', not_attempted: 'Not signed', unknown: 'Not known yet', gone: 'No longer in the list' },
  },
  scan: {
    title: 'Scan', hint: 'Point at the QR code on the screen', digits: 'Digits', digitsTitle: 'The eight digits on the screen', digitsHint: 'They stand below the QR code of the login', enter: 'Next', sending: 'Checking…', again: 'Scan again', notOurs: 'Not a code of Yiqian', notOursHint: 'Scan a code that a business system or Yiqian shows.', nothing: 'Nothing to sign', nothingHint: 'What this code stands for is done already.',
  },
  login: {
    title: 'Log in by scanning', asks: 'asks to log you in', as: 'As', at: 'Of', left: 'Time left', seconds: '{n} s', number: 'Enter the two digits that the login shows', warning: 'Confirm only the screen in front of you, for a login of your own. If it is not yours, decline.', proof: 'Confirm the login', sign: 'Confirm', decline: 'Decline', notMe: 'Not me', unknown: 'Finding out whether it is confirmed', unknownHint: 'The connection broke while confirming; the server is being asked.', lost: 'Not confirmed', lostHint: 'The connection broke, and the login was not confirmed. Have a new code shown, and scan that.', signed: 'Login confirmed', signedHint: 'Go on at the screen', system: 'System', time: 'Confirmed at',
    declined: 'Login declined', declinedHint: 'If it was not yours, tell the IT department.', numberWrong: 'Wrong number: the login is cancelled', numberWrongHint: 'Begin the login anew on the screen, and enter the two digits that it shows', over: 'The login has expired', overHint: 'Have a new code shown, and scan that',
  },
  authorise: {
    title: 'Authorise a workstation', looking: 'Checking the workstation…', asks: 'This workstation asks to sign for you', warning: 'While it is authorised this workstation signs in your name without your phone. Authorise only the one you are using yourself.', until: 'Until', asAsked: 'As asked', hours: '{n} h', minutes: '{n} min', count: 'Signatures', most: 'at most {n}', systems: 'Systems', recordTypes: 'Record types', any: { systems: 'All systems', recordTypes: 'All record types' },
    proof: 'Authorise the workstation', allow: 'Authorise', decline: 'No', active: 'Authorised', unknown: 'Finding out whether it is authorised', unknownHint: 'The network broke, and the server\'s answer did not come.\nUntil it does the workstation may be able to sign for you.', lost: 'Not authorised', lostHint: 'The network broke, and nothing was authorised. Have the workstation show a new code, and scan that.', activeHint: 'Close it any time in Me, Workstations', station: 'Workstation', see: 'Authorisations', none: 'No workstation to authorise', noneHint: 'Scan the code that the workstation shows',
  },
  authorisations: {
    title: 'Authorised workstations', open: 'Open', ended: 'Ended', countLeft: 'left of {n}', until: 'until {at}', hours: '{h} h {m} min', minutes: '{m} min', approved: 'Authorised', used: 'Signed', endedAt: 'Ended', close: 'Close now', closed: 'Closed', closeTitle: 'Close {name}?', closeAsk: 'That workstation signs no more in your name.', none: 'No authorised workstation', noneHint: 'Scan the code that a workstation shows, and sign there without your phone during your shift', scan: 'Scan to authorise',
    state: { active: 'Open', closed: 'Closed', expired: 'Expired', exhausted: 'Used up' }, by: { phone: 'Closed on a phone', workstation: 'Closed by the workstation', operator: 'Closed by an operator', key: 'Key or certificate changed', proofs: 'Too many failed proofs', other: 'Closed' },
  },
  history: {
    title: 'Signed', today: 'Today', yesterday: 'Yesterday', withdrawn: 'Withdrawn', none: 'No signatures yet', noneHint: 'What you signed will be listed here', end: 'That is all', one: 'Signature', isSigned: 'Signature on record', isWithdrawn: 'Signature withdrawn', withdrawnHint: 'The business system withdrew the signature of this document. It stays on record, marked as withdrawn.', signedAt: 'Signed at', method: 'Method', methods: { pin: 'PIN on the phone', fingerprint: 'Fingerprint on the phone', authorisation: 'Workstation (authorised)' },
    recordType: 'Record type', serial: 'Certificate', task: 'Task', notFound: 'It was not found', login: 'Login confirmed',
  },
}
