import { useEffect, useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import { api, call, type Problem, toProblem } from '../shared/api.ts'
import { CopyButton } from '../shared/copying.tsx'
import { Bones } from '../shared/states.tsx'
import { useTexts } from './language.tsx'
import { PortalPage } from './page.tsx'
import { PortalProblem } from './problems.tsx'

const LONG_MS = 30_000

interface BoughtLicense {
  readonly key: string
  readonly product: string
  readonly plan: string
}

type State =
  | { readonly kind: 'preparing'; readonly isLong: boolean }
  | { readonly kind: 'ready'; readonly licenses: readonly BoughtLicense[] }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly problem: Problem }

/** The page after a purchase. It asks until the license is there, and then shows the key. */
export function ThanksPage() {
  const { provider = '', session = '' } = useRoute().params
  const state = usePurchase(provider, session)
  const { thanks: texts } = useTexts()
  return (
    <PortalPage title={texts.title}>
      {state.kind === 'preparing' && (
        <div role="status" class="stack">
          <p>{state.isLong ? texts.long : texts.preparing}</p>
          <Bones lines={2} />
        </div>
      )}
      {state.kind === 'ready' && <Keys licenses={state.licenses} />}
      {state.kind === 'gone' && <p>{texts.gone}</p>}
      {state.kind === 'failed' && <PortalProblem problem={state.problem} />}
      {state.kind !== 'preparing' && (
        <p>
          <a href="/portal">{texts.signIn}</a>
        </p>
      )}
    </PortalPage>
  )
}

function Keys({ licenses }: { licenses: readonly BoughtLicense[] }) {
  const { thanks: texts, license } = useTexts()
  return (
    <>
      <p>{licenses.length === 1 ? texts.ready : texts.readyMany}</p>
      {licenses.map(({ key, product, plan }) => (
        <section key={key} class="card stack">
          <p class="muted">
            {product} · {plan}
          </p>
          <div class="row">
            <code class="license-key">{key}</code>
            <CopyButton text={key} label={license.copy} copied={license.copied} />
          </div>
        </section>
      ))}
      <p class="muted">{texts.keep}</p>
    </>
  )
}

/** Reads the purchase until it has been processed. */
function usePurchase(provider: string, session: string): State {
  const [state, setState] = useState<State>({ kind: 'preparing', isLong: false })
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let isOver = false
    const startedAtMs = performance.now()
    const read = async () => {
      const next = await readPurchase(provider, session, performance.now() - startedAtMs)
      if (isOver) return
      setState(next.state)
      if (next.retryAfterMs !== null) timer = setTimeout(read, next.retryAfterMs)
    }
    read()
    return () => {
      isOver = true
      clearTimeout(timer)
    }
  }, [provider, session])
  return state
}

interface Read {
  readonly state: State
  readonly retryAfterMs: number | null
}

async function readPurchase(provider: string, session: string, waitedMs: number): Promise<Read> {
  try {
    const path = api.checkout.sessions({ provider })({ session_id: session })
    const answer = await call(path.get())
    if ('licenses' in answer) {
      return { state: { kind: 'ready', licenses: answer.licenses }, retryAfterMs: null }
    }
    const isLong = waitedMs > LONG_MS
    return { state: { kind: 'preparing', isLong }, retryAfterMs: answer.retry_after * 1000 }
  } catch (error) {
    const problem = toProblem(error)
    if (problem.status === 410) return { state: { kind: 'gone' }, retryAfterMs: null }
    return { state: { kind: 'failed', problem }, retryAfterMs: null }
  }
}
