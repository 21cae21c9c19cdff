import { Type } from '@sinclair/typebox'

const id = (noun: string, prefix: string) =>
  Type.String({
    description: `ID of the ${noun}.`,
    examples: [`${prefix}_01jg3m8v5mf1x8yq1r5c2w7h3k`],
  })
const slug = (noun: string, example: string) =>
  Type.String({ description: `Slug of the ${noun}.`, examples: [example] })

const licenseId = id('license', 'lic')

export const ActivationParams = Type.Object({
  id: licenseId,
  activation_id: id('activation', 'act'),
})
export const ApiKeyParams = Type.Object({ id: id('API key', 'key') })
export const DeliveryParams = Type.Object({ id: id('delivery', 'dlv') })
export const EventParams = Type.Object({ id: id('event', 'evt') })
export const LicenseParams = Type.Object({ id: licenseId })
export const PlanParams = Type.Object({ slug: slug('plan', 'professional') })
export const ProductParams = Type.Object({ slug: slug('product', 'default') })
export const SeatParams = Type.Object({ id: licenseId, seat_id: id('seat', 'seat') })
export const WebhookParams = Type.Object({ id: id('webhook endpoint', 'whk') })
