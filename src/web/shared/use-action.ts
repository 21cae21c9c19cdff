import { useCallback, useRef, useState } from 'preact/hooks'
import { type Problem, toProblem } from './api.ts'

export interface Action<Input extends readonly unknown[]> {
  /** Runs the action, unless it is running already. Returns whether it succeeded. */
  readonly run: (...input: Input) => Promise<boolean>
  readonly isBusy: boolean
  readonly problem: Problem | null
  readonly clear: () => void
}

/** Headers that make a repeated request have no further effect. */
export interface ActionHeaders {
  readonly 'idempotency-key': string
}

/**
 * An action of the user, such as a click on "Save". It gets an idempotency key, which stays the same
 * until the server has answered, so a second click or a retry on a bad network acts only once.
 */
export function useAction<Input extends readonly unknown[]>(
  act: (headers: ActionHeaders, ...input: Input) => Promise<void>,
): Action<Input> {
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem | null>(null)
  const key = useRef<string>(crypto.randomUUID())
  const isRunning = useRef(false)
  const latest = useRef(act)
  latest.current = act

  const run = useCallback(async (...input: Input) => {
    if (isRunning.current) return false
    isRunning.current = true
    setBusy(true)
    setProblem(null)
    try {
      await latest.current({ 'idempotency-key': key.current }, ...input)
      key.current = crypto.randomUUID()
      return true
    } catch (error) {
      const failure = toProblem(error)
      // The server has refused it, so the next attempt is another request.
      if (failure.status >= 400 && failure.status < 500) key.current = crypto.randomUUID()
      setProblem(failure)
      return false
    } finally {
      isRunning.current = false
      setBusy(false)
    }
  }, [])

  return { run, isBusy, problem, clear: useCallback(() => setProblem(null), []) }
}
