import type { ComponentChildren } from 'preact'
import type { Problem } from './api.ts'
import type { Loaded } from './use-load.ts'

/** The reason of a failure and what to do, with the ID under which the log has the request. */
export function ProblemNotice({ problem, retry }: { problem: Problem | null; retry?: () => void }) {
  if (problem === null) return null
  const lacks = problem.code === 'missing_scope'
  return (
    <div class={`notice ${lacks ? 'warn' : 'bad'}`} role="alert">
      <div>
        <p>{problem.message}</p>
        {problem.requestId !== null && !lacks && (
          <p class="small muted">
            Request <span class="mono">{problem.requestId}</span>
          </p>
        )}
      </div>
      {retry !== undefined && !lacks && (
        <button type="button" class="plain tight" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  )
}

/** Bars in the place of what is being loaded. */
export function Bones({ lines = 3 }: { lines?: number }) {
  return (
    <div aria-busy="true" role="status">
      <span class="only-read">Loading…</span>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} class="bone" style={{ width: `${90 - ((index * 17) % 40)}%` }} />
      ))}
    </div>
  )
}

interface LoadingProps<Data> {
  readonly loaded: Loaded<Data>
  readonly lines?: number | undefined
  readonly children: (data: Data) => ComponentChildren
}

/** Shows what was loaded; until then bars, and if loading failed why. */
export function Loading<Data>({ loaded, lines = 3, children }: LoadingProps<Data>) {
  const { data, problem, reload } = loaded
  return (
    <>
      <ProblemNotice problem={problem} retry={reload} />
      {data !== null ? children(data) : problem === null && <Bones lines={lines} />}
    </>
  )
}

/** Said in the place of a list that has nothing: what would be here, and how to get it there. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  )
}

export type Tone = 'good' | 'warn' | 'bad' | 'neutral'

/** A short word for a state. Its color only repeats what the word says. */
export function Badge({
  tone = 'neutral',
  children,
}: {
  tone?: Tone
  children: ComponentChildren
}) {
  return <span class={`badge ${tone}`}>{children}</span>
}

/** A message that something needs attention. */
export function Notice({
  tone = 'neutral',
  children,
}: {
  tone?: Tone
  children: ComponentChildren
}) {
  return (
    <div class={`notice ${tone}`}>
      <div>{children}</div>
    </div>
  )
}
