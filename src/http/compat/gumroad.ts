import { decideUse, matchProduct } from '~/domain/compat/gumroad.ts'
import { readSourceValue } from '~/domain/compat/source-values.ts'
import { isRefusal } from '~/domain/verdicts.ts'
import {
  presentIdRequired,
  presentLicense,
  presentNotFound,
  presentNotText,
  presentRefusal,
} from '~/wire/compat/gumroad.ts'
import { createClientContext } from '../client/decide-then-commit.ts'
import { isJsonType } from '../plugins/bodies.ts'
import { type CompatApi, type CompatCall, type CompatReply, describeFailure } from './api.ts'
import { type Fields, readFields, readJson } from './bodies.ts'
import { readShopView } from './shops.ts'
import type { CompatTools } from './tools.ts'

/** Fields that must be text if they are sent. Old apps name the permalink `id` or `link_id`. */
const textFields = ['license_key', 'product_id', 'product_permalink', 'id', 'link_id']

/** The license API of Gumroad: https://gumroad.com/api#licenses */
export const gumroad: CompatApi = {
  source: 'gumroad',
  owns: ['/v2/licenses/*'],
  routes: [{ method: 'POST', path: '/v2/licenses/verify', caller: 'app', respond: verify }],
  presentFailure: (failure) => ({
    status: failure.status,
    body: { success: false, message: describeFailure(failure) },
  }),
}

async function verify(call: CompatCall, tools: CompatTools): Promise<CompatReply> {
  const flaw = findNotText(call)
  if (flaw !== undefined) return presentNotText(flaw)
  const fields = await readFields(call)
  const key = fields.get('license_key')?.trim() ?? ''
  if (key === '') return presentNotFound()
  const found = await tools.findLicense(call, key)
  if (isRefusal(found)) return presentRefusal(found)
  const match = matchProduct(found, readProduct(fields))
  if (match === 'id_required') {
    return presentIdRequired(String(readSourceValue(found, 'gumroad_product_id')))
  }
  if (match === 'other') return presentNotFound()
  const verdict = await tools.validate(call, found, {})
  if (!verdict.valid) return presentRefusal(verdict)
  if (fields.get('increment_uses_count') !== 'false') {
    const context = createClientContext(call)
    await tools.deps.store.licenses.change(found.license.id, { intent: 'none' }, context, decideUse)
  }
  return presentLicense(await readShopView(call, tools, found, key))
}

function readProduct(fields: Fields) {
  const read = (...names: readonly string[]) =>
    names.map((name) => fields.get(name)?.trim() ?? '').find((text) => text !== '') ?? ''
  return { id: read('product_id'), permalink: read('id', 'link_id', 'product_permalink') }
}

/** Returns the name of a field that has another type than text; undefined if all are text. */
function findNotText(call: CompatCall): string | undefined {
  const isJson = isJsonType(call.request.headers.get('content-type') ?? '')
  const body = isJson ? readJson(call) : null
  if (typeof body !== 'object' || body === null) return undefined
  const isWrong = (value: unknown) => value != null && value !== false && typeof value !== 'string'
  return textFields.find((name) => isWrong(Reflect.get(body, name)))
}
