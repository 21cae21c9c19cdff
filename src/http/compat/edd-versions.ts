import { findItemFlaw } from '~/domain/compat/edd.ts'
import { isRefusal } from '~/domain/verdicts.ts'
import { presentNoVersion, presentVersion } from '~/wire/compat/edd-versions.ts'
import type { CompatCall } from './api.ts'
import type { Fields } from './bodies.ts'
import { parseRequest, toPlaceRequest } from './edd-requests.ts'
import { readShopView } from './shops.ts'
import type { CompatTools } from './tools.ts'

const PRODUCTS_MAX = 20
/** Such as `products[example-plugin][license]`. */
const PRODUCT_FIELD = /^products\[([^\]]{1,100})\]\[(\w+)\]$/

/** Returns the response to `get_version`: that of one product, or those of several by their slugs. */
export async function getVersions(
  call: CompatCall,
  tools: CompatTools,
  fields: Fields,
): Promise<object> {
  const products = groupProducts(fields)
  if (products.size === 0) return getVersion(call, tools, fields)
  const answers: [string, object][] = []
  // One after the other, so that the guess limit counts each unknown key before the next one.
  for (const [slug, product] of products) {
    answers.push([slug, await getVersion(call, tools, product)])
  }
  return Object.fromEntries(answers)
}

function groupProducts(fields: Fields): ReadonlyMap<string, Fields> {
  const products = new Map<string, Map<string, string>>()
  for (const [field, value] of fields) {
    const [, slug, name] = PRODUCT_FIELD.exec(field) ?? []
    if (slug === undefined || name === undefined) continue
    const known = products.get(slug)
    if (known !== undefined) known.set(name, value)
    else if (products.size < PRODUCTS_MAX) products.set(slug, new Map([[name, value]]))
  }
  return products
}

async function getVersion(call: CompatCall, tools: CompatTools, fields: Fields): Promise<object> {
  const request = parseRequest(call, fields)
  const { key, item } = request
  if (item.id === null && item.name === '') return presentNoVersion('No item provided')
  if (key === '') return presentNoVersion('No license key has been provided.')
  const found = await tools.findLicense(call, key)
  if (isRefusal(found)) {
    return presentNoVersion('License key provided does not match a valid Download')
  }
  const view = await readShopView(call, tools, found, key)
  if (findItemFlaw(found, item) !== null) {
    return presentNoVersion(`License key is not valid for ${item.name || view.productName}`)
  }
  const verdict = await tools.validate(call, found, toPlaceRequest(request))
  const wantsBeta = /^(?:1|true)$/.test(fields.get('beta') ?? '')
  const slug = fields.get('slug') || found.license.productSlug
  return presentVersion({ ...view, slug, isValid: verdict.valid, wantsBeta })
}
