import type { Database } from 'bun:sqlite'
import type { Commit } from '../port.ts'

const EXTERNAL_COMMIT_POLL_MS = 200

/** Another process may have changed anything. */
const externalCommit: Commit = {
  licenseIds: [],
  activations: [],
  touchesPlans: true,
  touchesApiKeys: true,
  touchesOutbox: true,
  touchesCheckout: true,
  touchesMails: true,
  touchesSigningKeys: true,
  touchesRevocations: true,
  isExternal: true,
}

type CommitListener = (commit: Commit) => void

/** An error in one listener is reported, and neither undoes the commit nor stops the others. */
export function createCommitListeners(onError: (error: unknown) => void) {
  const listeners: CommitListener[] = []
  return {
    add: (listener: CommitListener) => void listeners.push(listener),
    notify: (commit: Commit) => {
      for (const listener of listeners) {
        try {
          listener(commit)
        } catch (error) {
          onError(error)
        }
      }
    },
  }
}

/** Polls `data_version`, which changes when another process commits. A query takes 2 µs. */
export function watchExternalCommits(
  client: Database,
  notify: CommitListener,
  onError: (error: unknown) => void,
): Timer {
  const query = client.query<{ data_version: number }, []>('PRAGMA data_version')
  let last = query.get()?.data_version
  const poll = () => {
    const next = query.get()?.data_version
    if (next === last) return
    last = next
    notify(externalCommit)
  }
  const timer = setInterval(() => {
    try {
      poll()
    } catch (error) {
      onError(error)
    }
  }, EXTERNAL_COMMIT_POLL_MS)
  return timer.unref()
}
