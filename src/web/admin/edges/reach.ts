import { type Answer, call } from '../../shared/api.ts'
import { count, formatEnd } from '../../shared/format.tsx'

/** Adds to the headers of a change that its response waits for the edges, for at most 5 seconds. */
export const waiting = <Given extends object>(headers: Given) => ({ ...headers, prefer: 'wait=5' })

/** A change that the server has made. */
export interface Changed<Data> {
  readonly data: NonNullable<Data>
  /** Says which edges have the change, with a space before it; empty without edges. */
  readonly reach: string
}

/** Returns the data of a call of `api` with the headers of `waiting`. Throws a Problem if it failed. */
export async function callAndWait<Data>(
  answer: Promise<Answer<Data> & { readonly response: Response }>,
): Promise<Changed<Data>> {
  const data = await call(answer)
  const { headers } = (await answer).response
  const text = describeReach(headers.get('licet-edges'), headers.get('licet-edges-until'))
  return { data, reach: text === '' ? '' : ` ${text}` }
}

/** Says which edges have a change. `counts` is such as `2/3`, and `until` is when no edge can lack it. */
export function describeReach(counts: string | null, until: string | null): string {
  const [reached = 0, edges = 0] = (counts ?? '').split('/').map(Number)
  if (!(edges > 0)) return ''
  if (reached >= edges) {
    if (edges === 1) return 'The edge has the change.'
    return `${edges === 2 ? 'Both edges' : `All ${count(edges, 'edge')}`} have the change.`
  }
  const by = until === null ? 'soon' : `by ${formatEnd(until)}`
  if (edges === 1) {
    return `The edge does not have the change yet; it stops answering from before it ${by}.`
  }
  if (reached === 0) {
    return `None of ${count(edges, 'edge')} has the change yet; they stop answering from before it ${by}.`
  }
  const last = edges - reached === 1 ? 'the last one stops' : 'the others stop'
  const verb = reached === 1 ? 'has' : 'have'
  return `${reached} of ${count(edges, 'edge')} ${verb} the change; ${last} answering from before it ${by}.`
}
