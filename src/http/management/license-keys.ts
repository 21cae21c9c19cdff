import type { Deps } from '~/deps.ts'
import { mintKey } from '~/domain/license-keys.ts'
import { decideKeyRotation } from '~/domain/licenses.ts'
import { NoBody } from '~/wire/fields.ts'
import { RotateKeyBody } from '~/wire/license-requests.ts'
import { License, LicenseKey } from '~/wire/licenses.ts'
import { answers } from '../answers.ts'
import type { Command } from '../plugins/command.ts'
import { requireFound } from '../plugins/runs.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

type KeyDeps = Pick<Deps, 'store' | 'vault' | 'randomBytes'>

export const licenseKeyRoutes = (deps: KeyDeps, routes: ScopedRoutes) =>
  routes('/licenses/:id', 'Licenses')
    .post('/reveal', ({ params, command }) => reveal(deps, params.id, command), {
      scope: 'licenses:reveal',
      idempotent: false,
      operationId: 'revealLicenseKey',
      body: NoBody,
      ...answers(LicenseKey, 404),
      summary: 'Show the key of a license in full',
      description: 'Each call adds an entry `license.reveal` to the audit.',
    })
    .post(
      '/rotate-key',
      async ({ params, body, command }) => {
        const key = await mintKeyFor(deps, params.id)
        const overlapHours = body?.overlap_hours ?? 0
        return command.run({ noun: 'license', present: command.presentNewKey }, (context) =>
          deps.store.licenses.change(params.id, { intent: 'none' }, context, (license) =>
            decideKeyRotation(license, key, overlapHours, command.nowMs),
          ),
        )
      },
      {
        scope: 'licenses:write',
        operationId: 'rotateLicenseKey',
        body: RotateKeyBody,
        ...answers(License, 404, 409),
        summary: 'Replace the key of a license',
        description:
          'The response contains the new key, in full only with `licenses:reveal`. The old key keeps ' +
          'working for `overlap_hours`.',
      },
    )

/** Records it first, because no key may be shown without a record. */
async function reveal({ store, vault }: KeyDeps, id: string, command: Command) {
  const { license } = requireFound('license', await store.licenses.find(id))
  const key = vault.open('license-key', license.keySealed)
  await command.recordBefore({ action: 'license.reveal', subjectId: id, change: null })
  return { key }
}

/** Generates a new key for a license. Throws `not_found`. */
export async function mintKeyFor(deps: KeyDeps, id: string) {
  const { license } = requireFound('license', await deps.store.licenses.find(id))
  const product = requireFound('license', await deps.store.products.find(license.productSlug))
  return mintKey(deps, product.keyPrefix)
}
