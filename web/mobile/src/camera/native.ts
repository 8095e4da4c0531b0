import { shell } from '../shell'

/** The shell around the app may bring a camera of its own. */
export const nativeScan = () => shell?.scan?.bind(shell)

/** Why the camera does not run, as what the person may do about it. */
export type CameraFailure = 'insecure' | 'denied' | 'missing' | 'busy'

export function cameraFailure(error: unknown): CameraFailure {
  const name = error instanceof Error ? error.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied'
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy'
  return 'missing'
}
