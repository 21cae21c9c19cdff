import { buildLease, signLease } from '../samples.ts'
import { buildHeader } from '../sign-token.ts'
import { testKeys } from '../test-keys.ts'

/** A good lease in its parts, for cases that change one of them. */
export const header = buildHeader(testKeys.active, 'licet-lease+jwt')
export const headerText = JSON.stringify(header)
export const payloadText = JSON.stringify(buildLease())
export const lease = signLease(buildLease())
export const [head = '', body = '', signature = ''] = lease.split('.')
