import type { Static, TSchema } from '@sinclair/typebox'
import type { TypeCheck } from '@sinclair/typebox/compiler'
import { Fault } from '~/domain/faults.ts'
import { removeUnstorable } from '~/domain/text.ts'
import { toFieldFault } from '~/wire/field-faults.ts'
import { isJsonType, parseBody, readBytes } from '../plugins/bodies.ts'
import type { CompatCall } from './api.ts'

export const COMPAT_BODY_BYTES_MAX = 65_536
const FIELDS_MAX = 200

/** The fields of a form, a query, or the top level of JSON, as text. */
export type Fields = ReadonlyMap<string, string>

/**
 * Reads the fields of a call, whatever their format: the query, then the body as JSON, multipart or
 * URL-encoded form. Those of the body come first. A field that is null or nested is absent. Throws a
 * Fault for a body that is malformed or has more than 200 fields.
 */
export async function readFields({ request, query, bodyBytes }: CompatCall): Promise<Fields> {
  return collect([...query, ...(await listBodyFields(request.headers, bodyBytes))])
}

/** Reads the body as JSON; null if it is empty. Throws a Fault for any other format. */
export function readJson({ bodyBytes }: Pick<CompatCall, 'bodyBytes'>): unknown {
  return parseBody(bodyBytes, false)
}

/** Reads a body in JSON that must match a schema. Throws a Fault that names the fields which do not. */
export function readBodyAs<Schema extends TSchema>(
  call: Pick<CompatCall, 'bodyBytes'>,
  schema: TypeCheck<Schema>,
): Static<Schema> {
  const body = parseBody(call.bodyBytes, true)
  if (!schema.Check(body)) throw toFieldFault('body', schema, body)
  return body
}

/** Reads the fields of a body without consuming it, to find out for whom it is; none if that fails. */
export async function peekFields(request: Request): Promise<Fields> {
  try {
    const bytes = await readBytes(request.clone() as Request, COMPAT_BODY_BYTES_MAX)
    return collect(await listBodyFields(request.headers, bytes))
  } catch {
    return new Map()
  }
}

async function listBodyFields(headers: Headers, bytes: Uint8Array) {
  if (bytes.length === 0) return []
  const type = headers.get('content-type') ?? ''
  if (isJsonType(type)) return listJsonFields(parseBody(bytes, false))
  if (/^multipart\/form-data/i.test(type)) return listFormFields(type, bytes)
  return new URLSearchParams(new TextDecoder().decode(bytes))
}

function listJsonFields(body: unknown): readonly (readonly [string, string])[] {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return []
  return Object.entries(body).flatMap(([name, value]) =>
    ['string', 'number', 'boolean'].includes(typeof value) ? [[name, String(value)] as const] : [],
  )
}

async function listFormFields(type: string, bytes: Uint8Array) {
  // A copy, because the type of the body does not say that it has memory of its own.
  const form = new Response(bytes.slice(), { headers: { 'content-type': type } }).formData()
  const entries = await form.catch((cause) => {
    throw new Fault('invalid_request', 'The request body is not a valid form.', { cause })
  })
  return [...entries].flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  )
}

function collect(entries: Iterable<readonly [string, string]>): Fields {
  const fields = new Map<string, string>()
  for (const [name, value] of entries) {
    fields.set(name, removeUnstorable(value))
    if (fields.size > FIELDS_MAX) {
      throw new Fault('invalid_request', `The request has more than ${FIELDS_MAX} fields.`)
    }
  }
  return fields
}
