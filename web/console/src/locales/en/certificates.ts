export default {
  certificates: {
    title: 'Certificates', about: 'Certificates of people: find them, read them, freeze and revoke them.', one: 'Certificate', expiring: 'Expiring soon', expiringAbout: 'Valid certificates by their end. People renew them on the phone; after that they enrol anew.', statistics: 'Certificate statistics', statisticsAbout: 'By state, profile and month (UTC+8).',
    q: 'Staff no., name, or serial', anyState: 'Any state', anyProfile: 'Any profile', nothing: 'No certificate is like that', noneExpiring: 'No certificate ends within {n} days', within: 'Within {n} days',
    person: 'Holder', staffNo: 'Staff no.', state: 'State', profile: 'Profile', issued: 'Issued', until: 'Valid until', daysLeft: 'Days left', serial: 'Serial number', revokedAt: 'Revoked', frozenAt: 'Frozen', key: 'Key', content: 'What stands in it', of: 'Staff no. {staff_no}', chain: 'Chain',
    subject: 'Subject', issuer: 'Issuer', period: 'Period', algorithms: 'Algorithms', publicKey: 'Public key', fingerprint: 'SM3 fingerprint', size: 'Size', bytes: '{n} bytes', extensions: 'Extensions', critical: 'critical',
    byState: 'By state', byProfile: 'Profiles of valid ones', now: 'Now', people: 'People with one', month: 'Month', issuedBy: 'Issued a month', expiringBy: 'Ending a month (valid ones)',
    revoke: 'Revoke', revokeText: 'Revoking the certificate of {name} cannot be undone: the share of its key is destroyed, signing stops at once, and a new list follows. Earlier signatures stand.', revokedDone: 'The certificate is revoked', reason: 'Reason',
    freeze: 'Freeze', freezeText: 'Freezes key and certificate of {name}: no more signatures until it is unfrozen.', frozenDone: 'Frozen', unfreeze: 'Unfreeze', unfreezeText: '{name} can sign with this certificate again.', unfrozenDone: 'Unfrozen',
    reasons: { unspecified: 'Not said', keyCompromise: 'The key may be known', affiliationChanged: 'Affiliation changed', superseded: 'Superseded', cessationOfOperation: 'No longer used', certificateHold: 'Frozen' },
    keyStates: { enrolling: 'Enrolling', active: 'Active', locked: 'Locked', frozen: 'Frozen', destroyed: 'Destroyed' },
  },
  profiles: {
    title: 'Certificate profiles', about: 'What stands in people\'s certificates: validity, usages, subject, extensions of your own. A change makes a new version, for certificates issued and renewed from then on.', new: 'New profile', editing: 'Change {name}', editAbout: 'Beside it you see the certificate that would be issued. Another person has to approve what you save.', oneAbout: 'All versions are kept and can be compared.',
    name: 'Name', id: 'Id', idHint: 'a to z, digits, - and _', note: 'Why it is changed', state: 'State', states: { active: 'Ready', retired: 'Retired' }, inUse: 'In use', version: 'Version', certificates: 'Valid certificates', changed: 'Changed', versions: 'Versions', issuedBy: '{n} issued', differences: 'Differences', from: 'The version compared', to: 'The version compared with', nothing: '(nothing)', same: 'There is no difference',
    use: 'Use this profile', useText: 'People\'s certificates are issued and renewed by "{name}" from then on. Those that exist stay as they are.', retire: 'Retire', retireText: '"{name}" can then be neither changed nor used, for good. Certificates issued by it stay valid.',
    days: 'Validity (days)', daysHint: 'as the server is set', usage: 'Key usage', purposes: 'Extended key usage', purposesHint: 'Choose, or type an OID', critical: 'Critical', subject: 'Subject', placeholders: 'Placeholders:', attribute: 'Attribute', value: 'Value', values: 'Elements, one a line', derValue: 'DER (base64)', hexValue: 'Value (hex)', refuse: 'Refuse without it', up: 'Up', down: 'Down', addPart: 'Add a part',
    extensions: 'Extensions of your own', extensionsAbout: 'Values may have placeholders. For a person without the attribute the extension is left out, or the certificate refused.', oid: 'OID', type: 'Type', tag: 'Explicit tag [n]', addExtension: 'Add an extension', examples: 'Examples:',
    presets: { identity: 'Identity number (GM/T 0015)', insurance: 'Social insurance number', organisation: 'Organisation code', licence: 'Licence number (OID of your own)' },
    preview: 'Preview', previewAbout: 'The key is thrown away and the CA signs nothing: no certificate comes of a preview.', sample: 'An example', person: 'Of whom', leftOut: '{n} parts are left out for want of an attribute.',
    warnings: { critical_extension: 'A critical extension of your own: software that does not know it refuses the whole certificate, and so does the verification of this system. Leave it uncritical unless all have agreed.', critical_purposes: 'A critical extended key usage: much software refuses certificates for other purposes, and so does the verification of this system.' },
    leave: 'Leave without saving?', leaveText: 'Your changes are not saved.', leaveAct: 'Leave',
  },
  authority: {
    title: 'CA and CRLs', about: 'The root and issuing CA of this system, and the current certificate revocation lists.', chain: 'Download the chain', issue: 'Issue a CRL now', issued: 'A new list is issued', crls: 'Certificate revocation lists', of: 'Issuer', issuing: 'Issuing CA', root: 'Root CA', number: 'Number', thisUpdate: 'This update', nextUpdate: 'Next update', entries: 'Entries', address: 'Address', download: 'Download',
  },
}
