import { type EddItem, findItemFlaw, namesItem } from '~/domain/compat/edd.ts'
import { isRefusal } from '~/domain/verdicts.ts'
import { presentNoVersion, presentVersion, type VersionView } from '~/wire/compat/edd-versions.ts'
import { readSourceText } from '~/wire/compat/source-fields.ts'
import type { CompatCall } from './api.ts'
import type { Fields } from './bodies.ts'
import { parseRequest, toPlaceRequest } from './edd-requests.ts'
import { readShopView } from './shops.ts'
import type { CompatTools } from './tools.ts'

const PRODUCTS_MAX = 20
const PLANS_MAX = 100
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
  const wantsBeta = /^(?:1|true)$/.test(fields.get('beta') ?? '')
  const slug = fields.get('slug') ?? ''
  if (key === '') return getPublicVersion(tools, item, { slug, wantsBeta })
  const found = await tools.findLicense(call, key)
  if (isRefusal(found)) {
    return presentNoVersion('License key provided does not match a valid Download')
  }
  const view = await readShopView(call, tools, found, key)
  if (findItemFlaw(found, item) !== null) {
    return presentNoVersion(`License key is not valid for ${item.name || view.productName}`)
  }
  const verdict = await tools.validate(call, found, toPlaceRequest(request))
  return presentVersion({
    read: (name) => readSourceText(view.record, name),
    productName: view.productName,
    slug: slug || found.license.productSlug,
    isValid: verdict.valid,
    wantsBeta,
    message: null,
  })
}

/** A plugin without a license learns that there is a new version, but does not get it. */
async function getPublicVersion(
  { deps: { store } }: CompatTools,
  item: EddItem,
  { slug, wantsBeta }: Pick<VersionView, 'slug' | 'wantsBeta'>,
): Promise<object> {
  const message = 'No license key has been provided.'
  const { data } = await store.plans.list({ limit: PLANS_MAX, after: null })
  const plan = data.find((candidate) => namesItem(candidate, item))
  if (plan === undefined) return presentNoVersion(message)
  const product = await store.products.find(plan.productSlug)
  return presentVersion({
    read: (name) => (Object.hasOwn(plan.features, name) ? String(plan.features[name]) : null),
    productName: product?.name ?? plan.productSlug,
    slug: slug || plan.productSlug,
    isValid: false,
    wantsBeta,
    message,
  })
}
