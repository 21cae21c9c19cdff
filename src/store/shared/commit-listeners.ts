import type { Commit } from '../port.ts'

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
