import type { Operations } from './types.ts'

/** The operations that LicetAdmin has a method for, by their ID in the OpenAPI document. */
export const routes = {
  createLicense: 'POST /api/v1/licenses',
  createLicenses: 'POST /api/v1/licenses/batch',
  getLicense: 'GET /api/v1/licenses/{id}',
  listLicenses: 'GET /api/v1/licenses',
  lookupLicense: 'POST /api/v1/licenses/lookup',
  searchLicenses: 'POST /api/v1/search',
  updateLicense: 'PUT /api/v1/licenses/{id}',
  revokeLicense: 'POST /api/v1/licenses/{id}/revoke',
  suspendLicense: 'POST /api/v1/licenses/{id}/suspend',
  reinstateLicense: 'POST /api/v1/licenses/{id}/reinstate',
  renewLicense: 'POST /api/v1/licenses/{id}/renew',
  rotateLicenseKey: 'POST /api/v1/licenses/{id}/rotate-key',
  changeLicenses: 'POST /api/v1/licenses/bulk',
  explainLicense: 'GET /api/v1/licenses/{id}/explain',
  sendLicenseMail: 'POST /api/v1/licenses/{id}/mail',
  createLicenseFile: 'POST /api/v1/licenses/{id}/file',
  listLicenseFiles: 'GET /api/v1/licenses/{id}/files',
  listLicenseUsage: 'GET /api/v1/licenses/{id}/usage',
  getLicenseUsageSeries: 'GET /api/v1/licenses/{id}/usage/series',
  listLicenseEvents: 'GET /api/v1/licenses/{id}/events',
  listLicenseActivations: 'GET /api/v1/licenses/{id}/activations',
  deleteLicenseActivation: 'DELETE /api/v1/licenses/{id}/activations/{activation_id}',
  moveLicenseActivation: 'POST /api/v1/licenses/{id}/activations/move',
  listLicenseSeats: 'GET /api/v1/licenses/{id}/seats',
  deleteLicenseSeat: 'DELETE /api/v1/licenses/{id}/seats/{seat_id}',
  createProduct: 'POST /api/v1/products',
  getProduct: 'GET /api/v1/products/{slug}',
  listProducts: 'GET /api/v1/products',
  updateProduct: 'PUT /api/v1/products/{slug}',
  createPlan: 'POST /api/v1/plans',
  getPlan: 'GET /api/v1/plans/{slug}',
  listPlans: 'GET /api/v1/plans',
  updatePlan: 'PUT /api/v1/plans/{slug}',
  deletePlan: 'DELETE /api/v1/plans/{slug}',
  createWebhook: 'POST /api/v1/webhooks',
  getWebhook: 'GET /api/v1/webhooks/{id}',
  listWebhooks: 'GET /api/v1/webhooks',
  updateWebhook: 'PUT /api/v1/webhooks/{id}',
  deleteWebhook: 'DELETE /api/v1/webhooks/{id}',
  rotateWebhookSecret: 'POST /api/v1/webhooks/{id}/rotate-secret',
  testWebhook: 'POST /api/v1/webhooks/{id}/test',
  recoverWebhookDeliveries: 'POST /api/v1/webhooks/{id}/recover',
  listWebhookDeliveries: 'GET /api/v1/webhooks/{id}/deliveries',
  getEvent: 'GET /api/v1/events/{id}',
  listEvents: 'GET /api/v1/events',
} as const satisfies Partial<Record<keyof Operations, string>>

export type RouteName = keyof typeof routes

/**
 * Returns the method and path of a route, with the IDs in place of its parameters. Throws a
 * TypeError for an ID that would lead to another route, such as an empty one.
 */
export function fillRoute(name: RouteName, ids: readonly string[]): [string, string] {
  const [method = '', template = ''] = routes[name].split(' ')
  let index = 0
  const path = template.replaceAll(/\{(\w+)\}/g, (_match, parameter: string) => {
    const id = ids[index++]
    if (typeof id !== 'string' || /^\.{0,2}$/.test(id)) {
      throw new TypeError(`${name} needs the ${parameter} of an existing object, not ${id}.`)
    }
    return encodeURIComponent(id)
  })
  return [method, path]
}
