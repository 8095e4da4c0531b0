export default {
  keys: {
    title: 'Devices and keys', about: 'The devices of everybody. Lost and revoked is at once and for good; what is frozen can be unfrozen.', searchHint: 'Name, staff number or device', anyState: 'Not destroyed', anyPlatform: 'All platforms', anyUse: 'Whenever used', unused: 'Not for {n} days',
    platform: 'Platform', lastUsed: 'Last used', enrolled: 'Enrolled', keyId: 'Key id', tries: '{n} PIN tries left', revoke: 'Revoke', nothing: 'No device matches.', none: 'Nobody has enrolled a device yet. Give out an activation code on a user\'s page; the person enrols with the phone.',
  },
}
