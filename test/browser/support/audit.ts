import type { Site } from './site.ts'

/** Returns the newest entries of these actions by the operator of the site, as `action subject`. */
export async function readActionsOfOperator(site: Site, action: string): Promise<string[]> {
  const { body } = await site.send('GET', `/api/v1/audit?action=${action}&actor=operator&limit=100`)
  const entries: readonly Entry[] = body.data
  return entries
    .filter(({ actor }) => actor.name === 'Ada Lovelace')
    .map((entry) => `${entry.action} ${entry.subject_id}`)
}

interface Entry {
  readonly action: string
  readonly subject_id: string
  readonly actor: { readonly name: string | null }
}
