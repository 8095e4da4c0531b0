export default {
  backups: {
    title: 'Backup and restore', about: 'All configuration or all data in one encrypted file. With its passphrase it is the hospital\'s keys: keep the two apart.', make: 'Back up now', schedule: 'Schedule', none: 'No backups are made by themselves.', directory: 'They are put in',
    every: { daily: 'Every day at {at}: {scope}; {keep} are kept.', weekly: 'Every {day} at {at}: {scope}; {keep} are kept.' }, word: { off: 'Not', daily: 'Every day', weekly: 'Every week' },
    weekday: { 1: 'Monday', 2: 'Tuesday', 3: 'Wednesday', 4: 'Thursday', 5: 'Friday', 6: 'Saturday', 7: 'Sunday' },
    made: 'Made at', scopeOf: 'Scope', scope: { all: 'All data', configuration: 'Configuration' }, cause: { manual: 'By hand', scheduled: 'Scheduled' }, size: 'Size', state: 'State', missing: 'File missing', verifying: 'Being read…', verify: 'Verify', download: 'Download', restore: 'Restore', remove: 'Remove the backup',
    removeText: '{file} is deleted for good. Another administrator has to approve it.', empty: 'There is no backup yet', more: 'Older ones', when: 'When', day: 'Day', at: 'At (the hospital\'s zone)', keep: 'Kept', passphrase: 'Passphrase', again: 'Once more', short: 'At least 12 characters', differs: 'The two are not the same',
    passphraseAbout: 'Write it down and seal it: without it nobody opens a backup.', passphraseKept: 'There is one: leave this empty to go on with it. A new one is for backups to come; older ones open with theirs.',
    restoreAbout: 'A backup is restored on the machine, not from here: put the file there, stop the server, and as the server\'s user run:', restoreEmpty: 'Where the data directory is empty', restoreReplace: 'Where it is not, add --replace: what was there goes to before-restore; remove that once all is well.',
    restoreAfter: 'Reports of loss, revocations, suspensions and key refreshes since the backup are gone and have to be done again; every session and authorisation ends.',
    finding: { ok: 'Whole', backup_damaged: 'Damaged', backup_shortened: 'Cut off', backup_content: 'It could not be restored: see the log of the server', passphrase_wrong: 'It was made with another passphrase', backup_not_found: 'The file is gone', backup_interrupted: 'Interrupted', backup_dir_unusable: 'The directory cannot be used (backup_dir)', disk_full: 'The disk is full', passphrase_missing: 'There is no passphrase', io_failed: 'Reading or writing failed' },
  },
}
