import type { LicenseRecord } from '~/domain/licenses.ts'
import type { ShopView } from '~/wire/compat/source-fields.ts'
import type { CompatCall } from './api.ts'
import type { CompatTools } from './tools.ts'

/** Reads a license again, after the decision of a call, with what the API of a shop shows of it. */
export async function readShopView(
  { nowMs }: CompatCall,
  tools: CompatTools,
  { license }: LicenseRecord,
  key: string,
): Promise<ShopView> {
  const record = await tools.readLicense(license.id)
  const product = await tools.deps.store.products.find(record.license.productSlug)
  return { record, productName: product?.name ?? record.license.productSlug, key, nowMs }
}
