/** What this browser lacks to be a signing device; '' where it has everything. */
export function lacking(world: Partial<Record<'WebAssembly' | 'indexedDB' | 'Worker', unknown>> & { isSecureContext?: boolean; crypto?: { subtle?: unknown }; navigator?: { locks?: unknown } } = globalThis): '' | 'insecure' | 'old' {
  if (world.isSecureContext === false) return 'insecure'
  return world.WebAssembly && world.Worker && world.crypto?.subtle && world.navigator?.locks && 'indexedDB' in world ? '' : 'old'
}
