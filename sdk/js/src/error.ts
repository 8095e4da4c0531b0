import type { Problem, SignResult, Status } from './types.js'

/** What every call throws. */
export class YiqianError extends Error {
  constructor(readonly status: Status, readonly problem: Problem | null = null, readonly results: SignResult[] | null = null) {
    super(problem?.code ? `${status}: ${problem.code}` : status)
    this.name = 'YiqianError'
  }
}

/** The same as it goes through a port, which knows no classes. */
export interface Failure {
  status: Status
  problem: Problem | null
  results: SignResult[] | null
}

export const failureOf = (error: unknown): Failure =>
  error instanceof YiqianError
    ? { status: error.status, problem: error.problem, results: error.results }
    : { status: 'closed', problem: null, results: null }
