import { constants, setPriority } from 'node:os'

/** Lets a server on the same machine go first, where the operating system allows it. */
export function lowerPriority(): void {
  try {
    setPriority(constants.priority.PRIORITY_LOW)
  } catch {
    // The command is only faster than it should be.
  }
}
