export default {
  home: {
    title: 'Home', welcome: 'Welcome, {name}', about: 'Whether the server is well, at a glance.', server: 'Server', clock: 'Clock', state: 'State', version: 'Version', address: 'Public address', time: 'Server time', notWell: 'The server cannot sign or write now.', disk_low: 'Disk space is low', audit_damaged: 'The audit log is not intact',
    now: { title: 'Now', find: 'Name or staff number', approvals: 'For me to approve', alarms: 'Open alarms', backup: 'Last backup', expiring: 'Ending within 30 days', audit: 'Audit log', items: '{n}', certificates: 'certificates: {n}', never: 'There is none yet', notVerified: 'not verified yet', intact: 'intact, verified at {at}', broken: 'not intact ({at})' },
    guide: {
      title: 'The first afternoon', so: '{done} of {all} done', away: 'Do not show again', done: 'done', open: 'not done',
      step: { second: 'Add a second administrator', people: 'Import departments and people', seals: 'Import pictures of seals', system: 'Connect the first business system', clock: 'Set time sources and timestamp units', alarms: 'Set up where alarms are told', backup: 'Schedule backups' },
      about: {
        second: 'Weighty acts need another administrator\'s approval. Add an operator, too (users, seals, business systems), and an auditor (the audit log).', people: 'From the personnel department\'s Excel sheet; departments come along.', seals: 'A ZIP named by staff number; without a picture a seal is drawn from the name.', system: 'Register the HIS or EMR, and get a credential with an example that runs.',
        clock: 'Only a time that is checked makes timestamps that count.', alarms: 'By mail or webhook, when something goes wrong.', backup: 'One encrypted file, from which another machine is restored.',
      },
    },
  },
}
