import type { SealedPlace } from '../secrets-port.ts'
import { HASHING } from './key-hashings.ts'

/** Names of rows of `meta` that begin with this are about the master secret. */
export const SECRET_ROWS = 'secret:'

/** The columns of a place. Hashes and encrypted values are texts in both engines. */
export interface PlaceColumns {
  readonly table: string
  readonly id: string
  readonly isNumber: boolean
  readonly hash: string | null
  readonly sealed: string | null
  /** Which rows belong to the place. All of any other table, since a search would take long. */
  readonly condition: string
}

const place = (
  table: string,
  id: string,
  sealed: string | null,
  hash: string | null = null,
): PlaceColumns => ({ table, id, sealed, hash, isNumber: id === 'position', condition: 'true' })

export const sealedPlaces: Readonly<Record<SealedPlace, PlaceColumns>> = {
  licenses: place('licenses', 'id', 'key_sealed', 'key_hash'),
  former_keys: place('former_keys', 'key_hash', null, 'key_hash'),
  // A deleted endpoint has no secret any more.
  endpoints: {
    ...place('endpoints', 'position', 'secret_sealed'),
    condition: "secret_sealed <> ''",
  },
  former_endpoint_secrets: place('endpoints', 'position', 'former_secret'),
  checkout_bodies: place('checkout_bodies', 'position', 'sealed'),
  checkout_facts: place('checkout_facts', 'position', 'fact', 'key'),
  checkout_units: place('checkout_units', 'license_id', 'applied'),
  signing_keys: place('signing_keys', 'position', 'seed_sealed'),
  stored_responses: place('stored_responses', 'key_hash', 'sealed_response'),
  key_hashings: {
    ...place('meta', 'name', 'value'),
    condition: `name LIKE '${HASHING.replace('_', '!_')}%' ESCAPE '!' AND value <> ''`,
  },
}
