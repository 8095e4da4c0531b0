export default {
  home: {
    title: 'Home', welcome: 'Welcome, {name}', about: 'Whether the server is well, at a glance.', server: 'Server', clock: 'Clock', state: 'State', version: 'Version', address: 'Public address', time: 'Server time', notWell: 'The server cannot sign or write now.', disk_low: 'Disk space is low',
  },
}
