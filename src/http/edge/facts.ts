import { Elysia } from 'elysia'
import type { Deps } from '~/deps.ts'
import { Fault } from '~/domain/faults.ts'
import { parseKey } from '~/domain/keys.ts'
import { parseDomain } from '~/domain/validations.ts'
import { isRefusal } from '~/domain/verdicts.ts'
import { presentFacts } from '~/wire/edge-facts.ts'
import { EdgeFacts, EdgeFactsBody } from '~/wire/edges.ts'
import { UnknownKeyVerdict } from '~/wire/validations.ts'
import { edgeAnswers } from '../answers.ts'
import { createFindByKey } from '../find-by-key.ts'
import { edgeOf } from '../plugins/edge-auth.ts'
import { createRateLimit } from '../plugins/rate-limits.ts'
import { logQuietly } from '../plugins/requests.ts'
import { openOptions } from '../plugins/route-options.ts'

/** The facts that an edge keeps in memory, in order to confirm a license without asking again. */
export const edgeFactsRoutes = ({
  store,
  vault,
  clock,
}: Pick<Deps, 'store' | 'vault' | 'clock'>) => {
  const findByKey = createFindByKey({ store, vault })
  /** By edge: it may state any address. An edge asks for keys that were valid a moment ago. */
  const rateLimit = createRateLimit(() => clock.elapsedMs(), { source: 'edge' })

  return new Elysia({ tags: ['Edges'] }).macro(openOptions).post(
    '/facts',
    async ({ body, request, status }) => {
      logQuietly(request)
      // An edge may have changes from another server already.
      await store.fresh()
      // Before the facts are read, so they are not older than it says.
      const position = store.changes.readPosition()
      const found = await findByKey(body.key, clock.nowMs())
      if (isRefusal(found)) {
        rateLimit.recordFailure(edgeOf(request).id)
        return status(404, found)
      }
      requireCurrentKey(body.key, found.license.keyHash)
      const hostname = parseDomain(body.domain ?? undefined)
      const query = {
        intent: 'validate',
        hostname,
        fingerprint: body.fingerprint ?? undefined,
      } as const
      const { domain, device } = await store.validations.findActivationState(found, query)
      return presentFacts({ position, license: found.license, plan: found.plan, domain, device })
    },
    {
      credential: 'edge token',
      operationId: 'readEdgeFacts',
      body: EdgeFactsBody,
      response: {
        ...edgeAnswers(EdgeFacts, 400, 409, 413, 415, 422, 429).response,
        404: UnknownKeyVerdict,
      },
      summary: 'Read what a validation of a license at this place reads',
      description:
        'The response says up to which position it has all changes. 409 for a former key: it works only for a while, so an edge must not keep it. 429 for the 31st unknown key within a minute.',
    },
  )

  /** A former key stops working without any change, and a misread one may become that of another license. */
  function requireCurrentKey(text: string, keyHash: string): void {
    const key = parseKey(text)
    if (key.kind !== 'unusable' && vault.listHashes(key.canonical).includes(keyHash)) return
    throw new Fault('in_use', 'This is not the current key of its license. Forward it each time.')
  }
}
